"""Writes `vectors/*.json`: inputs, and the answers every implementation must give.

    python -m proof.tests.make_vectors

Answers from published examples are written down here as published; the others are what this
package says, and stand in the repository, where a change of them is a change of the format.
"""

import base64
import hashlib
import json

from proof.tests.book import VECTORS, Book, Key
from proof.tests.published import ED25519_EDGES, MERKLE_LEAVES, MERKLE_ROOTS, RFC8032, WORKED

from loopgrid_proof import canonical, digests, headers, kinds, merkle, notes, receipts
from loopgrid_proof.errors import Fault

ORIGIN = "grid.example/acme"
LEAVES = [leaf.encode() for leaf in WORKED["leaves"]]
NOTE = WORKED["note"].encode()


def put(name, runs, cases):
    """Write one file; names of cases must be unique."""
    assert len({case["name"] for case in cases}) == len(cases)
    content = {"format": "loopgrid.vectors/v1", "name": name, "runs": runs, "cases": cases}
    text = json.dumps(content, ensure_ascii=False, indent=1)
    (VECTORS / f"{name}.json").write_text(text + "\n", encoding="utf-8")


def case(name, given, answer):
    """Return a case whose `answer` is called: its result, or the code of its Fault."""
    try:
        return {"name": name, "in": given, "out": answer()}
    except Fault as fault:
        return {"name": name, "in": given, "error": fault.code}


def pack(raw):
    """Return bytes as `utf8:` where they are text, else as `hex:`."""
    try:
        return "utf8:" + raw.decode()
    except UnicodeDecodeError:
        return "hex:" + raw.hex()


def canonical_cases():
    values = {
        "example": json.loads(LEAVES[2]),
        "rfc8785-3.2.2": {
            "numbers": [333333333.33333329, 1e30, 4.50, 2e-3, 0.000000000000000000000000001],
            "string": "\u20ac$\u000f\u000aA'\u0042\u0022\u005c\\\"/",
            "literals": [None, True, False],
        },
        "rfc8785-3.2.3": {
            "\u20ac": "Euro Sign",
            "\r": "Carriage Return",
            "\ufb33": "Hebrew Letter Dalet With Dagesh",
            "1": "One",
            "\U0001f600": "Emoji: Grinning Face",
            "\u0080": "Control",
            "\u00f6": "Latin Small Letter O With Diaeresis",
        },
        "empty": [{}, [], ""],
        "numbers": [
            0,
            -0.0,
            1,
            -1,
            2**53 - 1,
            1e21,
            1e20,
            123e-7,
            1e-7,
            5e-324,
            1.7976931348623157e308,
        ],
        "not-normalised": {"a": "\u00e9", "b": "e\u0301"},
    }
    written = [
        case(
            f"write-{name}",
            {"value": v},
            lambda v=v: {"canonical": pack(canonical.canonical_bytes(v))},
        )
        for name, v in values.items()
    ]
    raws = {
        "example": LEAVES[2],
        "white-space": b'{"a": 1}',
        "key-order": b'{"b":1,"a":1}',
        "duplicate-key": b'{"a":1,"a":1}',
        "needless-escape": b'{"a":"\\u0041"}',
        "utf16-order": '{"\U0001f600":1,"\ufb33":2}'.encode(),
        "code-point-order": '{"\ufb33":2,"\U0001f600":1}'.encode(),
        "float": b'{"a":1.0}',
        "exponent": b'{"a":1e2}',
        "minus-zero": b'{"a":-0}',
        "negative": b'{"a":-1}',
        "nan": b'{"a":NaN}',
        "infinity": b'{"a":Infinity}',
        "two-to-53": b'{"a":9007199254740992}',
        "two-to-53-minus-1": b'{"a":9007199254740991}',
        "leading-zero": b'{"a":01}',
        "lone-surrogate": b'{"a":"\\ud800"}',
        "raw-surrogate": b'{"a":"\xed\xa0\x80"}',
        "overlong": b'{"a":"\xc0\x80"}',
        "byte-order-mark": b'\xef\xbb\xbf{"a":1}',
        "control-character": b'{"a":"\x01"}',
        "two-values": b"{}{}",
        "nothing": b"",
    }
    read = [
        case(
            f"read-{name}",
            {"bytes": pack(raw)},
            lambda raw=raw: {"value": canonical.read_canonical(raw)},
        )
        for name, raw in raws.items()
    ]
    return written + read


def _follow(leaf, previous):
    header = headers.check_follows(leaf, log=ORIGIN, previous=previous)
    return {"leaf_hash": header.leaf_hash.hex(), "seq": header.seq, "kind": header.kind}


def _edited(leaf, change):
    header = json.loads(leaf)
    change(header)
    return json.dumps(header, sort_keys=True, separators=(",", ":"), ensure_ascii=False).encode()


def header_cases():
    before = headers.read_header(LEAVES[1]).as_previous
    edits = {
        "example-2": dict.copy,
        "unknown-version": lambda h: h.update(v=2),
        "version-true": lambda h: h.update(v=True),
        "unknown-key": lambda h: h.update(zz=1),
        "null": lambda h: h["f"].update(env=None),
        "empty-string": lambda h: h["f"].update(env=""),
        "empty-object": lambda h: h.update(ref={}),
        "parts-unsorted": lambda h: h["parts"].reverse(),
        "part-twice": lambda h: h["parts"].insert(0, h["parts"][0]),
        "missing-actor": lambda h: h.pop("act"),
        "unknown-kind": lambda h: h.update(k="meal.served"),
        "unknown-fact": lambda h: h["f"].update(zz=1),
        "unknown-value": lambda h: h["f"].update(res="lost"),
        "missing-fact": lambda h: h["f"].pop("svc"),
        "ill-typed-fact": lambda h: h["f"].update(svc=7),
        "control-in-name": lambda h: h["f"].update(svc="a\u0085b"),
        "name-of-200": lambda h: h["f"].update(svc="\U0001f600" * 200),
        "name-of-201": lambda h: h["f"].update(svc="a" * 201),
        "missing-part": lambda h: h["parts"].pop(),
        "wrong-class": lambda h: h["parts"][0].update(c="n"),
        "writer": lambda h: h.update(act={"au": "process", "id": "notary", "ty": "system"}),
        "strange-actor": lambda h: h["act"].update(ty="robot"),
        "other-ledger": lambda h: h.update(log="grid.example/other"),
        "number-larger": lambda h: h.update(seq=3),
        "number-smaller": lambda h: h.update(seq=1),
        "link": lambda h: h.update(prev="0" * 64),
        "time-back": lambda h: h.update(t="2026-11-24T08:59:59.999999Z"),
        "time-equal": lambda h: h.update(t=before.t),
        "leap-second": lambda h: h.update(t="2026-12-31T23:59:60.000000Z"),
        "no-such-day": lambda h: h.update(t="2026-11-31T09:00:00.000000Z"),
        "record-without-ordinal": lambda h: h.pop("rn"),
        "ordinal-not-first": lambda h: h.update(rn=1, rp=0),
        "source-zero": lambda h: h["src"].update(n=0),
        "client-time": lambda h: h.update(ct="2026-11-24T08:00:00.000000Z"),
        "parent": lambda h: h.update(ref={"parent": "dec_" + "0" * 32}),
        "parent-of-another-sort": lambda h: h.update(ref={"parent": "cor_" + "0" * 32}),
    }
    place = {"seq": before.seq, "leaf_hash": before.leaf_hash.hex(), "t": before.t}
    cases = [
        case(
            f"example-{seq}-alone",
            {"leaf": pack(LEAVES[seq]), "log": ORIGIN, "previous": None},
            lambda seq=seq: _follow(LEAVES[seq], None),
        )
        for seq in (0, 1)
    ]
    for name, change in edits.items():
        leaf = _edited(LEAVES[2], change)
        given = {"leaf": pack(leaf), "log": ORIGIN, "previous": place}
        cases.append(case(name, given, lambda leaf=leaf: _follow(leaf, before)))
    raws = {
        "space": LEAVES[2].replace(b":", b": ", 1),
        "one-byte": b"{",
        "newline": LEAVES[2] + b"\n",
    }
    for name, leaf in raws.items():
        given = {"leaf": pack(leaf), "log": ORIGIN, "previous": place}
        cases.append(case(name, given, lambda leaf=leaf: _follow(leaf, before)))
    return cases


def part_cases():
    salts = [bytes(range(32 * n, 32 * n + 32)) for n in range(3)]
    examples = zip(
        ("input", "model", "output"),
        salts,
        (
            b'{"message": "I was charged twice"}',
            b'{"provider":"openai","name":"gpt-4"}',
            b'{"response":"Your account looks fine."}',
        ),
    )
    rows = [(f"example-{name}", salt, content) for name, salt, content in examples]
    rows += [
        ("empty", salts[0], b""),
        ("nul", salts[0], b'"\\u0000"'),
        ("bytes", salts[0], b"\x00\xff\xfe"),
        ("short-salt", b"\x00", b"{}"),
        ("long-salt", bytes(33), b"{}"),
    ]
    return [
        case(
            name,
            {"salt": "hex:" + salt.hex(), "content": pack(content)},
            lambda s=salt, c=content: {"digest": digests.part_digest(s, c).hex()},
        )
        for name, salt, content in rows
    ]


def content_hash_cases():
    example = {
        "service_name": "support-agent",
        "decision_type": "customer_support_reply",
        "input": '{"message": "I was charged twice"}',
        "model": '{"provider":"openai","name":"gpt-4"}',
        "output": '{"response":"Your account looks fine."}',
    }
    rows = {
        "example": example,
        "explicit-null": {**example, "prompt": "null"},
        "key-order": {**example, "metadata": '{"b":1,"a":2}'},
        "big-integer": {**example, "metadata": '{"n":123456789012345678901234567890}'},
        "floats": {**example, "metadata": '{"n":[1.50,1e22,0.1,-0.0,1E5]}'},
        "not-ascii": {**example, "metadata": '{"n":"\u00e9\U0001f600\\u0000"}'},
        "nothing": {},
    }
    names = ("service_name", "decision_type")
    return [
        case(
            name,
            {"members": row},
            lambda row=row: {
                "content_hash": digests.content_hash(
                    {k: v if k in names else json.loads(v) for k, v in row.items()}
                ).hex()
            },
        )
        for name, row in rows.items()
    ]


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
            # continued by the empty proof, and by nothing else (ledger.md 3.4).
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


def main():
    """Write every file."""
    everywhere, hashed = ["python", "javascript"], ["python", "javascript", "sql"]
    put("canonical", everywhere, canonical_cases())
    put("headers", hashed, header_cases())
    put("parts", hashed, part_cases())
    put("content_hash", everywhere, content_hash_cases())
    put("tree", hashed, tree_cases())
    put("tiles", everywhere, tile_cases())
    put("notes", everywhere, note_cases())
    put("keys", everywhere, key_cases())
    put("ed25519", everywhere, ed25519_cases())
    put("receipts", everywhere, receipt_cases())
    put("kinds", everywhere, kind_cases())


if __name__ == "__main__":
    main()
