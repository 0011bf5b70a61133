"""Headers: one entry as canonical bytes, and the check that it continues the one before.

`check_follows` is the single implementation of docs/format.md: the server calls it before it
appends, the notary before it signs, the verifier when it reads. It takes its steps in a fixed
order and the first that fails gives the code.
"""

from __future__ import annotations

from typing import Any

from loopgrid_proof import canonical, digests, kinds
from loopgrid_proof.errors import Fault
from loopgrid_proof.headers.profile import (
    MAX_LEAF,
    MIN_LEAF,
    check_profile,
    check_registry,
    is_time,
)
from loopgrid_proof.headers.shapes import Header, NewEntry, PartRef, Place, Previous
from loopgrid_proof.headers.usual import read_usual

__all__ = [
    "MAX_LEAF",
    "Header",
    "NewEntry",
    "PartRef",
    "Place",
    "Previous",
    "check_follows",
    "check_place",
    "claimed_place",
    "is_time",
    "make_header",
    "read_header",
    "read_step_by_step",
    "readable",
]

VERSION = 1
NO_PREVIOUS = "0" * 64
_EMPTY: dict[str, Any] = {}


def make_header(
    new: NewEntry, *, log: str, previous: Previous | None, t: str, rn: int | None, rp: int | None
) -> bytes:
    """Return the leaf of `new` after `previous`; nothing is checked, `check_follows` does that."""
    header: dict[str, Any] = {
        "v": VERSION,
        "log": log,
        "seq": 0 if previous is None else previous.seq + 1,
        "prev": NO_PREVIOUS if previous is None else previous.leaf_hash.hex(),
        "t": t,
        "k": new.kind,
        "act": dict(new.actor),
    }
    optional = {"rec": new.rec, "rn": rn, "rp": rp, "ct": new.ct}
    header.update((key, value) for key, value in optional.items() if value is not None)
    if new.src is not None:
        header["src"] = {"id": new.src[0], "n": new.src[1]}
    if new.facts:
        header["f"] = dict(new.facts)
    if new.refs:
        header["ref"] = dict(new.refs)
    if new.parts:
        header["parts"] = [_write_part(part) for part in sorted(new.parts, key=_part_name)]
    return canonical.plain_bytes(header)


def check_follows(leaf: bytes, *, log: str, previous: Previous | None) -> Header:
    """Return the header of `leaf`, which continues `previous` in ledger `log`, or raise Fault.

    `previous` is None for entry 0. The codes, in order: E_PARSE, U_VERSION, E_CANON, E_PROFILE,
    U_REGISTRY, E_WRITER, E_LEDGER, E_SEQ, E_PREV, E_TIME.
    """
    header = read_header(leaf)
    if (
        previous is not None
        and header.log == log
        and header.seq == previous.seq + 1
        and header.prev == previous.leaf_hash
        and header.t >= previous.t
    ):
        return header
    if header.log != log:
        raise Fault("E_LEDGER", "The entry names another ledger.")
    if previous is None:
        check_place(header, seq=0, prev=bytes(32), t="")
    else:
        check_place(header, seq=previous.seq + 1, prev=previous.leaf_hash, t=previous.t)
    return header


def check_place(header: Header, *, seq: int, prev: bytes, t: str) -> None:
    """Raise Fault unless the header has this number and link, and is not older than `t`."""
    if header.seq != seq:
        raise Fault("E_SEQ", f"Expected entry {seq}, found {header.seq}.")
    if header.prev != prev:
        raise Fault("E_PREV", "The link to the entry before does not match.")
    if header.t < t:
        raise Fault("E_TIME", "The entry is older than the one before it.")


def read_header(leaf: bytes) -> Header:
    """Return the header of `leaf` on its own, or raise Fault with the first step that fails."""
    return read_usual(leaf) or read_step_by_step(leaf)


def read_step_by_step(leaf: bytes) -> Header:
    """Return the same as `read_header`, without its short way."""
    if not MIN_LEAF <= len(leaf) <= MAX_LEAF:
        raise Fault("E_PARSE", "A leaf has 2 to 65,535 bytes.")
    raw = canonical.parse_strict(leaf)
    if type(raw) is dict and type(raw.get("v")) is int and raw["v"] != VERSION:
        raise Fault("U_VERSION", "The header version is not known to this verifier.")
    if not canonical.is_canonical(raw, leaf):
        raise Fault("E_CANON", "The leaf is not the canonical form of its value.")
    parts = check_profile(raw)
    check_registry(raw)
    src = raw.get("src")
    return Header(
        raw["v"],
        raw["log"],
        raw["seq"],
        bytes.fromhex(raw["prev"]),
        raw["t"],
        raw["k"],
        raw["act"],
        raw.get("rec"),
        raw.get("rn"),
        raw.get("rp"),
        None if src is None else (src["id"], src["n"]),
        raw.get("ct"),
        raw.get("f", _EMPTY),
        raw.get("ref", _EMPTY),
        parts,
        leaf,
        digests.leaf_hash(leaf),
    )


def readable(leaf: bytes) -> Header | None:
    """Return the header of `leaf`, None if `read_header` refuses it."""
    try:
        return read_header(leaf)
    except Fault:
        return None


def claimed_place(leaf: bytes) -> Place:
    """Return what can be read of the place of a leaf that `read_header` refused; never raises.

    Every header version keeps `log`, `seq` and `prev`, so chain and tree can still be walked.
    """
    try:
        raw = canonical.parse_strict(leaf)
    except Fault:
        raw = None
    if type(raw) is not dict:
        return Place(None, None, None, None)
    log, seq, prev, t = raw.get("log"), raw.get("seq"), raw.get("prev"), raw.get("t")
    return Place(
        log if kinds.is_origin(log) else None,
        seq if kinds.is_int(seq) else None,
        bytes.fromhex(str(prev)) if kinds.is_digest(prev) else None,
        t if is_time(t) else None,
    )


def _part_name(part: PartRef) -> str:
    return part.name


def _write_part(part: PartRef) -> dict[str, str]:
    return {"n": part.name, "c": part.cls, "d": part.digest.hex(), "m": part.media}
