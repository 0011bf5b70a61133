"""Headers: one entry as canonical bytes, and the check that it continues the one before.

`check_follows` is the single implementation of ledger.md 3.2: the server calls it before it
appends, the notary before it signs, the verifier when it reads. It takes its steps in a fixed
order and the first that fails gives the code.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from loopgrid_proof import canonical, digests, kinds
from loopgrid_proof.errors import Fault

VERSION = 1
MIN_LEAF = 2
MAX_LEAF = 65_535
NO_PREVIOUS = "0" * 64
_MAX_MEMBERS = 64
_MAX_ELEMENTS = 1024
_MAX_STRING = 1024
_MAX_DEPTH = 4
_MAX_MEDIA = 100

_REQUIRED = frozenset({"v", "log", "seq", "prev", "t", "k", "act"})
_OPTIONAL = frozenset({"ct", "rec", "rn", "rp", "src", "f", "ref", "parts"})
_KNOWN = _REQUIRED | _OPTIONAL
_PART_KEYS = frozenset({"n", "c", "d", "m"})
_EMPTY: Mapping[str, Any] = {}

_is_time = re.compile(
    r"[0-9]{4}-(?:0[1-9]|1[0-2])-(?:0[1-9]|[12][0-9]|3[01])"
    r"T(?:[01][0-9]|2[0-3]):[0-5][0-9]:[0-5][0-9]\.[0-9]{6}Z"
).fullmatch
_is_key = re.compile(r"[a-z][a-z0-9_]{0,15}").fullmatch
_is_kind = re.compile(r"[a-z][a-z_]*\.[a-z][a-z_]*").fullmatch
_is_hex32 = re.compile(r"[0-9a-f]{32}").fullmatch
_is_part_name = re.compile(r"[a-z][a-z0-9_]{0,31}").fullmatch
_is_media = re.compile(
    r"[a-zA-Z0-9][a-zA-Z0-9!#$&^_.+-]*/[a-zA-Z0-9][a-zA-Z0-9!#$&^_.+-]*"
).fullmatch

_ROLES = frozenset({"viewer", "reviewer", "compliance_officer", "admin", "auditor"})
_SIGN_INS = frozenset({"password", "mfa", "sso"})
_PROCESSES = frozenset({"setup", "notary", "worker", "scheduler"})


@dataclass(frozen=True)
class PartRef:
    """What a header says about one part: its name, class (`n`, `p`, `s`), digest and media type."""

    __slots__ = ("cls", "digest", "media", "name")

    name: str
    cls: str
    digest: bytes
    media: str


@dataclass(frozen=True)
class NewEntry:
    """What a verb knows of an entry before it has a place; `src` is (writer id, counter)."""

    kind: str
    actor: Mapping[str, str]
    rec: str | None = None
    ct: str | None = None
    src: tuple[str, int] | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    refs: Mapping[str, Any] = field(default_factory=dict)
    parts: tuple[PartRef, ...] = ()


@dataclass(frozen=True)
class Previous:
    """The entry that the next one has to continue."""

    __slots__ = ("leaf_hash", "seq", "t")

    seq: int
    leaf_hash: bytes
    t: str


@dataclass(frozen=True)
class Header:
    """An entry as read from its leaf. `rn`, `rp`, `rec`, `src`, `ct` are None when absent."""

    __slots__ = (
        "actor",
        "ct",
        "facts",
        "kind",
        "leaf",
        "leaf_hash",
        "log",
        "parts",
        "prev",
        "rec",
        "refs",
        "rn",
        "rp",
        "seq",
        "src",
        "t",
        "v",
    )

    v: int
    log: str
    seq: int
    prev: bytes
    t: str
    kind: str
    actor: Mapping[str, str]
    rec: str | None
    rn: int | None
    rp: int | None
    src: tuple[str, int] | None
    ct: str | None
    facts: Mapping[str, Any]
    refs: Mapping[str, Any]
    parts: tuple[PartRef, ...]
    leaf: bytes
    leaf_hash: bytes

    @property
    def as_previous(self) -> Previous:
        """Return what the next entry has to continue."""
        return Previous(self.seq, self.leaf_hash, self.t)


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
    if not MIN_LEAF <= len(leaf) <= MAX_LEAF:
        raise Fault("E_PARSE", "A leaf has 2 to 65,535 bytes.")
    raw = canonical.parse_strict(leaf)
    if type(raw) is dict and type(raw.get("v")) is int and raw["v"] != VERSION:
        raise Fault("U_VERSION", "The header version is not known to this verifier.")
    if not canonical.is_canonical(raw, leaf):
        raise Fault("E_CANON", "The leaf is not the canonical form of its value.")
    parts = _check_profile(raw)
    _check_registry(raw)
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


@dataclass(frozen=True)
class Place:
    """What a damaged or newer leaf still claims about its place; None where it claims nothing."""

    log: str | None
    seq: int | None
    prev: bytes | None
    t: str | None


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


def is_time(value: object) -> bool:
    """Say whether `value` is a time of exactly 27 characters that exists in the calendar."""
    if type(value) is not str or _is_time(value) is None:
        return False
    try:
        datetime.fromisoformat(value[:26])
    except ValueError:
        return False
    return True


def _part_name(part: PartRef) -> str:
    return part.name


def _write_part(part: PartRef) -> dict[str, str]:
    return {"n": part.name, "c": part.cls, "d": part.digest.hex(), "m": part.media}


def _refuse(detail: str) -> Fault:
    return Fault("E_PROFILE", detail)


def _check_profile(raw: Any) -> tuple[PartRef, ...]:
    """Check the rules of 3.1 and 3.2 that need no registry, and return the parts."""
    if type(raw) is not dict or not _REQUIRED <= raw.keys() or not raw.keys() <= _KNOWN:
        raise _refuse("A top-level key is missing or unknown.")
    if type(raw["v"]) is not int or type(raw["seq"]) is not int:
        raise _refuse("v and seq are whole numbers.")
    if not kinds.is_origin(raw["log"]) or not kinds.is_digest(raw["prev"]):
        raise _refuse("log or prev is ill-formed.")
    if not is_time(raw["t"]) or ("ct" in raw and not is_time(raw["ct"])):
        raise _refuse("A time is ill-formed.")
    if type(raw["k"]) is not str or len(raw["k"]) > _MAX_STRING or _is_kind(raw["k"]) is None:
        raise _refuse("k is ill-formed.")
    _check_actor(raw["act"])
    _check_record(raw)
    if "src" in raw:
        _check_source(raw["src"])
    for key in ("f", "ref"):
        if key in raw:
            if type(raw[key]) is not dict:
                raise _refuse(f"{key} is an object.")
            _check_value(raw[key], 2)
    return _read_parts(raw["parts"]) if "parts" in raw else ()


def _check_actor(act: Any) -> None:
    if type(act) is not dict or not all(type(value) is str for value in act.values()):
        raise _refuse("act is an object of strings.")
    who, name, how = act.get("ty"), act.get("id"), act.get("au")
    keys = 3
    if who == "person":
        keys = 4
        good = kinds.is_id(name, "usr_") and act.get("ro") in _ROLES
        if how == "session":
            keys = 5
            good = good and act.get("al") in _SIGN_INS
        else:
            good = good and how == "api_key"
    elif who == "service":
        good = (
            how == "api_key" and kinds.is_id(name, "key_") or (name, how) == ("local", "loopback")
        )
    else:
        good = who == "system" and (
            (how == "process" and name in _PROCESSES) or (name, how) == ("console", "console")
        )
    if not good or len(act) != keys:
        raise _refuse("act names no actor of this version.")


def _check_record(raw: Mapping[str, Any]) -> None:
    rec, rn, rp = raw.get("rec"), raw.get("rn"), raw.get("rp")
    if rec is None:
        good = "rec" not in raw and "rn" not in raw and "rp" not in raw
    else:
        good = type(rec) is str and rec[:4] in ("dec_", "inc_", "hld_") and kinds.is_id(rec)
        good = good and type(rn) is int and ("rp" in raw) == (rn > 0)
        good = good and ("rp" not in raw or type(rp) is int)
    if not good:
        raise _refuse("rec, rn and rp do not fit together.")


def _check_source(src: Any) -> None:
    good = type(src) is dict and src.keys() == {"id", "n"}
    good = good and type(src["id"]) is str and _is_hex32(src["id"]) is not None
    if not good or type(src["n"]) is not int or src["n"] < 1:
        raise _refuse("src is ill-formed.")


def _check_value(value: Any, depth: int) -> None:
    """Check the limits that hold for every value of a header (3.2), the deepest level counting."""
    kind = type(value)
    if kind is str:
        # A string of at most a quarter of the limit cannot exceed it in UTF-8.
        if not value or (len(value) > _MAX_STRING // 4 and len(value.encode()) > _MAX_STRING):
            raise _refuse("A string is empty or too long.")
    elif kind is dict:
        _check_size(value, depth, _MAX_MEMBERS)
        for key, member in value.items():
            if _is_key(key) is None:
                raise _refuse("A key is ill-formed.")
            _check_value(member, depth + 1)
    elif kind is list:
        _check_size(value, depth, _MAX_ELEMENTS)
        for member in value:
            _check_value(member, depth + 1)
    elif value is None:
        raise _refuse("null has no place in a header.")


def _check_size(value: Any, depth: int, limit: int) -> None:
    if depth > _MAX_DEPTH or not 0 < len(value) <= limit:
        raise _refuse("A value is empty, too long or too deep.")


def _read_parts(raw: Any) -> tuple[PartRef, ...]:
    if type(raw) is not list or not 0 < len(raw) <= _MAX_MEMBERS:
        raise _refuse("parts is an array of 1 to 64 parts.")
    parts = []
    last = ""
    for row in raw:
        part = _read_part(row)
        if part.name <= last:
            raise _refuse("Parts ascend by name, no name twice.")
        last = part.name
        parts.append(part)
    return tuple(parts)


def _read_part(row: Any) -> PartRef:
    if type(row) is not dict or row.keys() != _PART_KEYS:
        raise _refuse("A part is ill-formed.")
    name, cls, digest, media = row["n"], row["c"], row["d"], row["m"]
    good = type(name) is str and _is_part_name(name) is not None and cls in ("n", "p", "s")
    good = good and type(media) is str and len(media) <= _MAX_MEDIA and _is_media(media) is not None
    if not good or not kinds.is_digest(digest):
        raise _refuse("A part is ill-formed.")
    return PartRef(name, cls, bytes.fromhex(digest), media)


def _check_registry(raw: Mapping[str, Any]) -> None:
    """Check what the registry says about this kind (step 5)."""
    kind = kinds.KINDS.get(raw["k"])
    if kind is None:
        raise Fault("U_REGISTRY", "The kind is newer than this verifier.")
    facts, refs, act = raw.get("f", _EMPTY), raw.get("ref", _EMPTY), raw["act"]
    kind.facts.check(facts, "f")
    kind.refs.check(refs, "ref")
    kind.check_parts(
        {part["n"]: part["c"] for part in raw.get("parts", ())}, by_person=act["ty"] == "person"
    )
    _check_subject(kind, raw)
    token = {"person": act.get("ro"), "service": "service"}.get(act["ty"], act["id"])
    if token not in kind.writers:
        raise Fault("E_WRITER", "This actor may not write this kind.")


def _check_subject(kind: kinds.Kind, raw: Mapping[str, Any]) -> None:
    rec = raw.get("rec")
    if rec is None:
        good = not kind.rec_required
    else:
        good = kind.rec is not None and rec.startswith(kind.rec + "_")
    if kind.at == "record":
        good = good and raw.get("rn") == 0
    if (kind.at == "first") != (raw["seq"] == 0):
        good = False
    if not good:
        raise _refuse("The kind does not fit its place or its record.")
