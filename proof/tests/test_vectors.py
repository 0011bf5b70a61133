"""Every vector, run against this package."""

import hashlib
import json

import pytest
from proof.tests.book import VECTORS, unpack, vectors
from proof.tests.published import MERKLE_ROOTS, RFC8032, WORKED

from loopgrid_proof import canonical, digests, headers, kinds, merkle, notes, receipts, signatures
from loopgrid_proof.errors import Fault

ORIGIN = "grid.example/acme"


def run_canonical(given):
    if "value" in given:
        return {"canonical": "utf8:" + canonical.canonical_bytes(given["value"]).decode()}
    return {"value": canonical.read_canonical(unpack(given["bytes"]))}


def run_headers(given):
    before = given["previous"]
    if before is not None:
        leaf_hash = bytes.fromhex(before["leaf_hash"])
        before = headers.Previous(before["seq"], leaf_hash, before["t"])
    leaf = unpack(given["leaf"])
    header = headers.check_follows(leaf, log=given["log"], previous=before)
    return {"leaf_hash": header.leaf_hash.hex(), "seq": header.seq, "kind": header.kind}


def run_parts(given):
    return {"digest": digests.part_digest(unpack(given["salt"]), unpack(given["content"])).hex()}


def run_content_hash(given):
    names = ("service_name", "decision_type")
    values = {k: v if k in names else json.loads(v) for k, v in given["members"].items()}
    return {"content_hash": digests.content_hash(values).hex()}


def run_tree(given):
    given = {k: [unpack(x) for x in v] if isinstance(v, list) else v for k, v in given.items()}
    given = {k: unpack(v) if str(v).startswith("hex:") else v for k, v in given.items()}
    op = given.pop("op")
    if op == "root":
        return {"root": merkle.root_of(map(digests.leaf_hash, given["leaves"])).hex()}
    if op == "node":
        return {"hash": digests.node_hash(given["left"], given["right"]).hex()}
    check = {"inclusion": merkle.check_inclusion, "consistency": merkle.check_consistency}[op]
    return {"valid": check(**given) is None}


def run_tiles(given):
    if "path" in given:
        try:
            level, index, width = merkle.parse_tile_path(given["path"])
        except ValueError:
            raise Fault("E_TILE", "No tile has this path.") from None
        return {"level": level, "index": index, "width": width}
    if "leaves" in given:
        bundle = merkle.encode_bundle(map(unpack, given["leaves"]))
        return {"sha256": hashlib.sha256(bundle).hexdigest()}
    if "leaf_hashes" in given:
        tile = "".join(given["leaf_hashes"])
        return {"tile": f"hex:{tile}", "width": merkle.tile_width(0, 0, len(tile) // 64)}
    return {"path": merkle.tile_path(given["level"], given["index"], width=given["width"])}


def run_notes(given):
    raw = b"x" * given["times"] if "times" in given else unpack(given["note"])
    trusted = [notes.parse_vkey(text) for text in given["vkeys"]]
    found = notes.check_checkpoint(raw, origin=given["origin"], trusted=trusted)
    return {"origin": found.origin, "size": found.size, "root": found.root.hex()}


def run_keys(given):
    return {"key_id": notes.parse_vkey(given["vkey"]).key_id.hex()}


def run_ed25519(given):
    return {"valid": signatures.verify(*map(unpack, given.values()))}


def run_receipts(given):
    trusted = [notes.parse_vkey(text) for text in given["vkeys"]]
    found = receipts.check_receipt(unpack(given["receipt"]), trusted=trusted)
    return {
        "seq": found.header.seq,
        "size": found.checkpoint.size,
        "leaf_hash": found.header.leaf_hash.hex(),
    }


def run_kinds(given):
    kind = kinds.KINDS.get(given["kind"])
    if kind is None:
        raise Fault("U_REGISTRY", "The kind is newer than this verifier.")
    required = [*kind.facts.required, *kind.refs.required, *kind.parts_required]
    return {
        "writers": sorted(kind.writers),
        "rec": kind.rec,
        "facts": sorted(kind.facts.names),
        "refs": sorted(kind.refs.names),
        "parts": dict(kind.parts),
        "required": sorted(required),
    }


RUNS = {name[4:]: run for name, run in globals().items() if name.startswith("run_")}
CASES = [(name, case) for name in sorted(RUNS) for case in vectors(name)]


@pytest.mark.parametrize(("name", "case"), CASES, ids=[f"{n}: {c['name']}" for n, c in CASES])
def test_a_vector_gives_its_answer(name, case):
    run = RUNS[name]

    if "error" in case:
        with pytest.raises(Fault) as caught:
            run(case["in"])
        assert caught.value.code == case["error"]
    else:
        assert run(case["in"]) == case["out"]


def test_every_file_is_run_and_well_formed():
    files = {path.stem: json.loads(path.read_text("utf-8")) for path in VECTORS.glob("*.json")}

    assert files.keys() == RUNS.keys()
    for name, file in files.items():
        names = [case["name"] for case in file["cases"]]
        assert (file["format"], file["name"]) == ("loopgrid.vectors/v1", name)
        assert len(set(names)) == len(names)
        assert all(("out" in case) != ("error" in case) for case in file["cases"])


@pytest.mark.parametrize("seq", [0, 1, 2])
def test_the_worked_example_has_its_published_leaf_hash(seq):
    leaf = WORKED["leaves"][seq].encode()

    assert headers.read_header(leaf).leaf_hash.hex() == WORKED["leaf_hashes"][seq]


def test_the_worked_example_is_in_the_vectors():
    found = {name: {c["name"]: c.get("out") for c in vectors(name)} for name in RUNS}

    assert found["tree"]["example-root"]["root"] == WORKED["root"]
    assert found["content_hash"]["example"]["content_hash"] == WORKED["content_hash"]
    assert found["headers"]["example-2"]["leaf_hash"] == WORKED["leaf_hashes"][2]
    assert found["notes"]["example"]["root"] == WORKED["root"]
    assert found["receipts"]["example"]["leaf_hash"] == WORKED["leaf_hashes"][2]


def test_published_answers_are_the_ones_in_the_vectors():
    tree = {c["name"]: c["out"] for c in vectors("tree") if "out" in c}
    keys = {c["name"] for c in vectors("ed25519") if c["out"] == {"valid": True}}

    assert [tree[f"rfc6962-root-{n}"]["root"] for n in range(9)] == MERKLE_ROOTS
    assert keys == {f"rfc8032-{row[0]}" for row in RFC8032}
