"""The rules a header obeys by itself: its profile (step 4), then the registry (step 5)."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime
from typing import Any

from loopgrid_proof import kinds
from loopgrid_proof.errors import Fault
from loopgrid_proof.headers.shapes import PartRef

MIN_LEAF = 2
MAX_LEAF = 65_535
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
_PROCESSES = ("setup", "notary", "worker", "scheduler")
_SYSTEM = frozenset({("console", "console"), *((name, "process") for name in _PROCESSES)})
_ACTOR_KEYS = 3


def is_time(value: object) -> bool:
    """Say whether `value` is a time of exactly 27 characters that exists in the calendar."""
    if type(value) is not str or _is_time(value) is None:
        return False
    try:
        datetime.fromisoformat(value[:26])
    except ValueError:
        return False
    return True


def _refuse(detail: str) -> Fault:
    return Fault("E_PROFILE", detail)


def check_profile(raw: Any) -> tuple[PartRef, ...]:
    """Return the parts of a header that obeys its profile; Fault(E_PROFILE) otherwise."""
    if type(raw) is not dict or not raw.keys() >= _REQUIRED or not raw.keys() <= _KNOWN:
        raise _refuse("A top-level key is missing or unknown.")
    if type(raw["v"]) is not int or type(raw["seq"]) is not int:
        raise _refuse("v and seq are whole numbers.")
    if not kinds.is_origin(raw["log"]) or not kinds.is_digest(raw["prev"]):
        raise _refuse("log or prev is ill-formed.")
    if not is_time(raw["t"]) or ("ct" in raw and not is_time(raw["ct"])):
        raise _refuse("A time is ill-formed.")
    if type(raw["k"]) is not str or len(raw["k"]) > _MAX_STRING or _is_kind(raw["k"]) is None:
        raise _refuse("k is ill-formed.")
    check_actor(raw["act"])
    _check_record(raw)
    if "src" in raw:
        _check_source(raw["src"])
    for key in ("f", "ref"):
        if key in raw:
            check_values(raw[key])
    return read_parts(raw["parts"]) if "parts" in raw else ()


def check_actor(act: Any) -> None:
    """Raise Fault unless `act` names an actor as the server authenticates them."""
    if type(act) is not dict or not all(type(value) is str for value in act.values()):
        raise _refuse("act is an object of strings.")
    who, name, how, size = act.get("ty"), act.get("id"), act.get("au"), len(act)
    if who == "service":
        good = size == _ACTOR_KEYS and (
            (how == "api_key" and kinds.is_id(name, "key_")) or (name, how) == ("local", "loopback")
        )
    elif who == "person":
        # `al` says how they signed in, which a key does not do.
        signed_in = how == "session" and act.get("al") in _SIGN_INS
        size -= signed_in
        good = kinds.is_id(name, "usr_") and act.get("ro") in _ROLES
        good = good and size == _ACTOR_KEYS + 1 and (signed_in or how == "api_key")
    else:
        good = who == "system" and size == _ACTOR_KEYS and (name, how) in _SYSTEM
    if not good:
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


def check_values(value: Any) -> None:
    """Raise Fault unless `f` or `ref` is an object within the limits of a header."""
    if type(value) is not dict:
        raise _refuse("f and ref are objects.")
    _check_value(value, 2)


def _check_value(value: Any, depth: int) -> None:
    """Check the limits that hold for every value of a header, the deepest level counting."""
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


def read_parts(raw: Any) -> tuple[PartRef, ...]:
    """Return the parts of a header, or raise Fault."""
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


def check_registry(raw: Mapping[str, Any]) -> None:
    """Raise Fault unless kind, facts, references, parts and writer are those of the registry.

    U_REGISTRY for what is newer, E_PROFILE for what is ill-typed or missing, E_WRITER. The header
    must obey the profile.
    """
    kind = kinds.KINDS.get(raw["k"])
    if kind is None:
        raise Fault("U_REGISTRY", "The kind is newer than this verifier.")
    facts, refs, act = raw.get("f", _EMPTY), raw.get("ref", _EMPTY), raw["act"]
    kind.facts.check(facts, "f")
    kind.refs.check(refs, "ref")
    kind.check_parts(
        {part["n"]: part["c"] for part in raw.get("parts", ())}, by_person=act["ty"] == "person"
    )
    check_subject(kind, raw.get("rec"), raw.get("rn"), raw["seq"])
    check_writer(kind, act)


def check_writer(kind: kinds.Kind, act: Mapping[str, str]) -> None:
    """Raise Fault(E_WRITER) unless the actor may write this kind."""
    token = {"person": act.get("ro"), "service": "service"}.get(act["ty"], act["id"])
    if token not in kind.writers:
        raise Fault("E_WRITER", "This actor may not write this kind.")


def check_subject(kind: kinds.Kind, rec: str | None, rn: int | None, seq: int) -> None:
    """Raise Fault unless the kind may be about this record, at this place."""
    if rec is None:
        good = not kind.rec_required
    else:
        good = kind.rec is not None and rec[:4] == kind.rec + "_"
    if (kind.at == "record" and rn != 0) or (kind.at == "first") != (seq == 0):
        good = False
    if not good:
        raise _refuse("The kind does not fit its place or its record.")
