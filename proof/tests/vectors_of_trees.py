"""Cases about structures: tree, tiles, notes, keys, signatures, receipts, kinds."""

import base64
import hashlib

from proof.tests.book import Book, Key
from proof.tests.published import ED25519_EDGES, MERKLE_LEAVES, MERKLE_ROOTS, RFC8032, WORKED
from proof.tests.vector_files import LEAVES, NOTE, ORIGIN, case, pack

from loopgrid_proof import digests, kinds, merkle, notes, receipts


def tree_cases():
    hashes = [digests.leaf_hash(leaf) for leaf in MERKLE_LEAVES]
    cases = [
        {
            "name": f"rfc6962-root-{size}",
            "in": {"op": "root", "leaves": ["hex:" + leaf.hex() for leaf in MERKLE_LEAVES[:size]]},
            "out": {"root": MERKLE_ROOTS[size]},
        }
        for size in range(9)
    ]
    cases.append(
        {
            "name": "example-root",
            "in": {"op": "root", "leaves": [pack(leaf) for leaf in LEAVES]},
            "out": {"root": WORKED["root"]},
        }
    )
    pairs = [(hashes[0], hashes[1]), (hashes[2], hashes[3])]
    cases += [
        {
            "name": f"node-{n}",
            "in": {"op": "node", "left": "hex:" + a.hex(), "right": "hex:" + b.hex()},
            "out": {"hash": digests.node_hash(a, b).hex()},
        }
        for n, (a, b) in enumerate(pairs)
    ]
    return cases + _inclusion_cases(hashes) + _consistency_cases(hashes)


def _inclusion_cases(hashes):
    cases = []
    for size, index in [(1, 0), (3, 2), (5, 4), (7, 3), (8, 0), (8, 5)]:
        path = merkle.inclusion_path(merkle.fetch_from(hashes[:size]), index, size)
        root = merkle.root_of(hashes[:size])
        good = {
            "leaf_hash": hashes[index],
            "index": index,
            "size": size,
            "path": path,
            "root": root,
        }
        rows = {
            "": good,
            "-wrong-index": {**good, "index": index ^ 1},
            "-size-more": {**good, "size": 2 * size},
            "-size-less": {**good, "size": index},
            "-too-long": {**good, "path": (*path, root)},
            "-too-short": {**good, "path": path[:-1]},
            "-wrong-root": {**good, "root": bytes(32)},
            "-wrong-leaf": {**good, "leaf_hash": bytes(32)},
        }
        for name, row in rows.items():
            if name == "-too-short" and not path:
                continue
            given = {k: _shown(v) for k, v in row.items()}
            answer = lambda row=row: {"valid": merkle.check_inclusion(**row) is None}  # noqa: E731
            cases.append(
                case(f"inclusion-{index}-of-{size}{name}", {"op": "inclusion", **given}, answer)
            )
    return cases


def _consistency_cases(hashes):
    cases = []
    for old, size in [(0, 5), (1, 1), (1, 8), (3, 7), (4, 7), (6, 8), (7, 8), (8, 8)]:
        good = {
            "old_size": old,
            "old_root": merkle.root_of(hashes[:old]),
            "size": size,
            "root": merkle.root_of(hashes[:size]),
            "path": merkle.consistency_path(merkle.fetch_from(hashes[:size]), old, size),
        }
        rows = {
            "": good,
            "-too-long": {**good, "path": (*good["path"], bytes(32))},
            "-wrong-root": {**good, "root": bytes(32)},
            "-wrong-old-root": {**good, "old_root": bytes(32)},
            "-backwards": {**good, "old_size": size + 1},
        }
        if good["path"]:
            rows["-too-short"] = {**good, "path": good["path"][:-1]}
        if old == 0:
            # The one exception to the published vectors: from nothing, any later root is
            # continued by the empty proof, and by nothing else.
            rows.pop("-wrong-root")
        for name, row in rows.items():
            given = {k: _shown(v) for k, v in row.items()}
            answer = lambda row=row: {"valid": merkle.check_consistency(**row) is None}  # noqa: E731
            one = case(f"consistency-{old}-{size}{name}", {"op": "consistency", **given}, answer)
            cases.append({**one, **({"exception": True} if old == 0 else {})})
    return cases


def _shown(value):
    if isinstance(value, bytes):
        return "hex:" + value.hex()
    return ["hex:" + v.hex() for v in value] if isinstance(value, tuple) else value


def tile_cases():
    rows = [(0, 0, 256), (0, 0, 3), (1, 1234067, 256), (2, 999, 255), (0, 1000, 1)]
    cases = [
        {
            "name": f"path-{level}-{index}-{width}",
            "in": {"level": level, "index": index, "width": width},
            "out": {"path": merkle.tile_path(level, index, width=width)},
        }
        for level, index, width in rows
    ]
    for path in (
        "tile/0/000",
        "tile/entries/x001/x234/067.p/7",
        "tile/0/x000/000",
        "tile/0/0",
        "tile/00/000",
        "tile/0/000.p/0",
        "tile/0/000.p/256",
        "tile/64/000",
        "tile/0/001/",
    ):
        try:
            level, index, width = merkle.parse_tile_path(path)
            out = {"out": {"level": level, "index": index, "width": width}}
        except ValueError:
            out = {"error": "E_TILE"}
        cases.append({"name": f"parse {path}", "in": {"path": path}, **out})
    example = [digests.leaf_hash(leaf) for leaf in LEAVES]
    cases.append(
        {
            "name": "example-partial-tile",
            "in": {"leaf_hashes": [h.hex() for h in example]},
            "out": {"tile": "hex:" + b"".join(example).hex(), "width": merkle.tile_width(0, 0, 3)},
        }
    )
    cases.append(
        {
            "name": "example-entry-bundle",
            "in": {"leaves": [pack(leaf) for leaf in LEAVES]},
            "out": {"sha256": hashlib.sha256(merkle.encode_bundle(LEAVES)).hexdigest()},
        }
    )
    return cases


def note_cases():
    lines = NOTE.decode().split("\n")
    other = Book("grid.example/other").open()
    false_line = lines[4][:-6] + "AAAAA="
    rows = {
        "example": NOTE,
        "size-changed": NOTE.replace(b"\n3\n", b"\n4\n"),
        "root-changed": NOTE.replace(b"ZhMh", b"ZhMg"),
        "origin-changed": NOTE.replace(b"acme\n3", b"acmf\n3"),
        "other-ledger": other.note(),
        "unknown-line-added": NOTE
        + Key("x", "witness.example").vkey.name.join(["\u2014 ", " AAAAAAA=\n"]).encode(),
        "false-line-added": NOTE + (false_line + "\n").encode(),
        "signature-gone": NOTE[: NOTE.index("\u2014".encode())],
        "blank-line-gone": NOTE.replace(b"\n\n", b"\n"),
        "last-newline-gone": NOTE[:-1],
        "control-character": NOTE.replace(b"acme", b"ac\x07me", 1),
        "not-utf8": b"\xff" + NOTE,
        "broken-base64": NOTE[:-3] + b"\n",
        "64-lines": NOTE + "\u2014 w AAAAAAA=\n".encode() * 63,
        "65-lines": NOTE + "\u2014 w AAAAAAA=\n".encode() * 64,
        "too-large": b"x" * (notes.MAX_NOTE + 1),
        "leading-zero": NOTE.replace(b"\n3\n", b"\n03\n"),
        "short-root": NOTE.replace(lines[2].encode(), b"AAAA"),
        "two-lines": b"grid.example/acme\n3\n\n" + (lines[4] + "\n").encode(),
    }
    trusted = [notes.parse_vkey(WORKED["vkey"])]

    def answer(raw):
        found = notes.check_checkpoint(raw, origin=ORIGIN, trusted=trusted)
        return {"origin": found.origin, "size": found.size, "root": found.root.hex()}

    return [
        case(
            name,
            {"note": pack(raw), "vkeys": [WORKED["vkey"]], "origin": ORIGIN}
            if name != "too-large"
            else {
                "note": "repeat:x",
                "times": len(raw),
                "vkeys": [WORKED["vkey"]],
                "origin": ORIGIN,
            },
            lambda raw=raw: answer(raw),
        )
        for name, raw in rows.items()
    ]


def key_cases():
    good = WORKED["vkey"]
    raw = base64.b64decode(good.split("+", 2)[2])[1:]

    def spelled(public_key):
        return notes.format_vkey(ORIGIN, public_key)

    rows = {
        "example": good,
        "wrong-id": good.replace("fd85e0f1", "fd85e0f2"),
        "capital-id": good.replace("fd85e0f1", "FD85E0F1"),
        "no-name": good[len(ORIGIN) :],
        "space-in-name": good.replace("grid", "gr id"),
        "other-type": f"{ORIGIN}+fd85e0f1+" + base64.b64encode(b"\x04" + raw).decode(),
        "short": spelled(raw[:31]),
        "broken-base64": good[:-1],
        **{
            f"edge-{name}": spelled(bytes.fromhex(key))
            for name, key in ED25519_EDGES["keys"].items()
        },
    }
    return [
        case(
            name, {"vkey": text}, lambda text=text: {"key_id": notes.parse_vkey(text).key_id.hex()}
        )
        for name, text in rows.items()
    ]


def ed25519_cases():
    cases = [
        {
            "name": f"rfc8032-{name}",
            "in": {
                "public_key": f"hex:{key}",
                "message": f"hex:{message}",
                "signature": f"hex:{sig}",
            },
            "out": {"valid": True},
        }
        for name, key, message, sig in RFC8032
    ]
    cases += [
        {
            "name": name,
            "in": {
                "public_key": f"hex:{key}",
                "message": f"hex:{message}",
                "signature": f"hex:{sig}",
            },
            "out": {"valid": valid},
        }
        for name, key, message, sig, valid in ED25519_EDGES["signatures"]
    ]
    return cases


def receipt_cases():
    hashes = [digests.leaf_hash(leaf) for leaf in LEAVES]
    path = merkle.inclusion_path(merkle.fetch_from(hashes), 2, 3)
    good = receipts.format_receipt(LEAVES[2], index=2, path=path, checkpoint=NOTE)
    lines = good.split(b"\n")
    first = receipts.format_receipt(LEAVES[1], index=2, path=path, checkpoint=NOTE)
    rows = {
        "example": good,
        "wrong-format": good.replace(b"@v1", b"@v2", 1),
        "no-extra": b"\n".join([lines[0], *lines[2:]]),
        "wrong-index": good.replace(b"index 2", b"index 1", 1),
        "padded-index": good.replace(b"index 2", b"index 02", 1),
        "path-gone": b"\n".join([*lines[:3], *lines[4:]]),
        "path-twice": b"\n".join([*lines[:4], *lines[3:]]),
        "path-broken": good.replace(lines[3], b"AAAA"),
        "another-leaf": first,
        "checkpoint-edited": good.replace(b"\n3\n", b"\n4\n"),
        "no-checkpoint": b"\n".join(lines[:4]) + b"\n",
    }
    trusted = [notes.parse_vkey(WORKED["vkey"])]

    def answer(raw):
        found = receipts.check_receipt(raw, trusted=trusted)
        return {
            "seq": found.header.seq,
            "size": found.checkpoint.size,
            "leaf_hash": found.header.leaf_hash.hex(),
        }

    return [
        case(name, {"receipt": pack(raw), "vkeys": [WORKED["vkey"]]}, lambda raw=raw: answer(raw))
        for name, raw in rows.items()
    ]


def kind_cases():
    cases = [
        {
            "name": name,
            "in": {"kind": name},
            "out": {
                "writers": sorted(kind.writers),
                "rec": kind.rec,
                "facts": sorted(kind.facts.names),
                "refs": sorted(kind.refs.names),
                "parts": dict(sorted(kind.parts.items())),
                "required": sorted(
                    [*kind.facts.required, *kind.refs.required, *kind.parts_required]
                ),
            },
        }
        for name, kind in kinds.KINDS.items()
    ]
    cases.append({"name": "unknown", "in": {"kind": "meal.served"}, "error": "U_REGISTRY"})
    return cases
