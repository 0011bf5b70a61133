"""What others wrote agrees: `cryptography` on signatures, a second program on tree and notes.

`aics-tlog` reads the log where it can be installed (Python 3.12 and later); the definitions of RFC
6962, written out below, always do.
"""

from __future__ import annotations

import base64
import hashlib
import importlib.util
from collections.abc import Callable, Sequence

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from ledger import serving
from tests.ledger.test_serving import grow

__all__ = ["grow"]

SIZES = (302, 803)


def sha256(data: bytes) -> bytes:
    return hashlib.sha256(data).digest()


def split(size: int) -> int:
    return max(1 << n for n in range(size.bit_length()) if 1 << n < size)


def tree_hash(leaves: Sequence[bytes]) -> bytes:
    """MTH of RFC 6962, section 2.1, word for word."""
    if len(leaves) <= 1:
        return sha256(b"\x00" + leaves[0]) if leaves else sha256(b"")
    k = split(len(leaves))
    return sha256(b"\x01" + tree_hash(leaves[:k]) + tree_hash(leaves[k:]))


def audit_path(m: int, leaves: Sequence[bytes]) -> list[bytes]:
    """PATH of RFC 6962, section 2.1.1."""
    if len(leaves) == 1:
        return []
    k = split(len(leaves))
    if m < k:
        return [*audit_path(m, leaves[:k]), tree_hash(leaves[k:])]
    return [*audit_path(m - k, leaves[k:]), tree_hash(leaves[:k])]


def consistency(m: int, leaves: Sequence[bytes], *, whole: bool = True) -> list[bytes]:
    """SUBPROOF of RFC 6962, section 2.1.2."""
    if m == len(leaves):
        return [] if whole else [tree_hash(leaves)]
    k = split(len(leaves))
    if m <= k:
        return [*consistency(m, leaves[:k], whole=whole), tree_hash(leaves[k:])]
    return [*consistency(m - k, leaves[k:], whole=False), tree_hash(leaves[:k])]


def check_by_definition(log: dict[str, bytes], vkey: str, proofs: dict[str, object]) -> None:
    body, _, line = log["checkpoint"].partition(b"\n\n")
    origin, size, root = body.decode().split("\n")
    name, ident, public = vkey.split("+", 2)
    signature = base64.b64decode(line.split(b" ")[2])
    assert (name, ident) == (origin, signature[:4].hex())
    Ed25519PublicKey.from_public_bytes(base64.b64decode(public)[1:]).verify(
        signature[4:], body + b"\n"
    )
    leaves = leaves_of(log)
    assert (len(leaves), tree_hash(leaves)) == (int(size), base64.b64decode(root))
    for seq, path in proofs["inclusion"].items():
        assert list(path) == audit_path(seq, leaves)
    assert list(proofs["consistency"]) == consistency(SIZES[0], leaves)


def leaves_of(log: dict[str, bytes]) -> list[bytes]:
    raw = b"".join(log[path] for path in sorted(log) if "/entries/" in path)
    leaves = []
    while raw:
        end = 2 + int.from_bytes(raw[:2], "big")
        leaves.append(raw[2:end])
        raw = raw[end:]
    return leaves


def check_by_aics_tlog(log: dict[str, bytes], vkey: str, proofs: dict[str, object]) -> None:
    import aics_tlog as other

    key, note = other.parse_vkey(vkey), other.parse_note(log["checkpoint"])
    checkpoint = other.parse_checkpoint(note.text)
    assert other.verify_note(note, [key])
    reader = other.MemoryTileReader(log)
    assert other.audit_tiles(reader, checkpoint.size, checkpoint.root).size == checkpoint.size
    for seq, path in proofs["inclusion"].items():
        leaf = other.read_entry(reader, seq, checkpoint.size)
        assert other.verify_leaf_inclusion(leaf, seq, checkpoint.size, path, checkpoint.root)
    old = other.tree_root_from_tiles(reader, SIZES[0], checkpoint.size)
    assert other.verify_consistency(
        SIZES[0], checkpoint.size, old, checkpoint.root, proofs["consistency"]
    )


CHECKS: list[Callable[..., None]] = [check_by_definition]
if importlib.util.find_spec("aics_tlog"):
    CHECKS.append(check_by_aics_tlog)


@pytest.fixture
def log(desk, ledger, grow) -> dict[str, bytes]:
    """Everything a tlog client would fetch, by path."""
    grow(SIZES[0] - 2)
    desk.look()
    grow(SIZES[1] - SIZES[0])
    desk.look()
    found = {"checkpoint": serving.newest_checkpoint(ledger).note}
    for index, width in ((0, 256), (1, 256), (2, 256), (3, SIZES[1] - 768)):
        name = f"{index:03d}" + ("" if width == 256 else f".p/{width}")
        found[f"tile/0/{name}"] = serving.hash_tile(ledger, 0, index, width=width)
        found[f"tile/entries/{name}"] = serving.entry_bundle(ledger, index, width=width)
    found["tile/1/000.p/3"] = serving.hash_tile(ledger, 1, 0, width=3)
    return found


@pytest.mark.parametrize("check", CHECKS)
def test_another_implementation_confirms_the_log(log, ledger, check):
    vkey = serving.verifier_keys(ledger)[0].vkey
    places = (0, 1, 255, 256, 301, 767, 768, SIZES[1] - 1)
    proofs = {
        "inclusion": {seq: serving.inclusion_proof(ledger, seq).path for seq in places},
        "consistency": serving.consistency_proof(ledger, SIZES[0]).path,
    }

    check(log, vkey, proofs)
