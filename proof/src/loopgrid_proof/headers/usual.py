"""A short way to read the usual leaf, which differs from its neighbours in a few fields.

One pattern splits a leaf into pieces. Pieces that repeat (actor, facts, the shape of the parts)
are read by the long way once and remembered; the rest is checked on the spot. JSON has one
reading, so pieces that are each canonical and stand in key order are the canonical leaf. Where
anything is unusual the answer is None and the long way decides: this module accepts nothing that
it would not, and reports no fault of its own.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from loopgrid_proof import canonical, digests, kinds
from loopgrid_proof.errors import Fault
from loopgrid_proof.headers import profile
from loopgrid_proof.headers.shapes import Header, PartRef

_INT = rb"0|[1-9][0-9]{0,14}"
_split = re.compile(
    rb'\{"act":(\{[^{}]*\}),(?:"ct":"([0-9T:.Z-]{27})",)?(?:"f":(\{[^{}]*\}),)?"k":"([a-z_.]+)",'
    rb'"log":"([a-z0-9.:/-]+)",(?:"parts":\[\{([^\[\]]*)\}\],)?"prev":"([0-9a-f]{64})",'
    rb'(?:"rec":"([a-z]{3}_[0-9a-f]{32})",)?(?:"ref":(\{[^{}]*\}),)?(?:"rn":(' + _INT + rb"),)?"
    rb'(?:"rp":(' + _INT + rb'),)?"seq":(' + _INT + rb"),"
    rb'(?:"src":\{"id":"([0-9a-f]{32})","n":([1-9][0-9]{0,14})\},)?"t":"([0-9T:.Z-]{27})","v":1\}'
).fullmatch

# The bytes of one part around its 64 digits: `"c":"p","d":"` and `","m":"…","n":"…"`.
_HEAD = 13
_TAIL = _HEAD + 64

Shape = tuple[tuple[str, str, str], ...]

# Enough for the actors, services and models of a busy ledger; emptied when full, so that a ledger
# made of ever different facts costs time and never memory.
_MOST = 2048
_actors: dict[tuple[bytes, bytes], Mapping[str, str]] = {}
_facts: dict[tuple[bytes, bytes], Mapping[str, Any]] = {}
_shapes: dict[tuple[bytes, bool, tuple[bytes, ...]], Shape] = {}
_origins: dict[bytes, str] = {}
_EMPTY: dict[str, Any] = {}


def read_usual(leaf: bytes) -> Header | None:
    """Return the header of a usual leaf; None says nothing about the leaf."""
    found = _split(leaf)
    if found is None or len(leaf) > profile.MAX_LEAF:
        return None
    try:
        return _read(leaf, *found.groups())
    except Fault:
        return None


def _read(  # noqa: PLR0917 - the groups of the pattern, in its order
    leaf: bytes,
    act: bytes,
    ct: bytes | None,
    f: bytes | None,
    k: bytes,
    log: bytes,
    parts: bytes | None,
    prev: bytes,
    rec: bytes | None,
    ref: bytes | None,
    rn: bytes | None,
    rp: bytes | None,
    seq: bytes,
    src_id: bytes | None,
    src_n: bytes | None,
    t: bytes,
) -> Header | None:
    kind = kinds.KINDS.get(k.decode())
    if kind is None or (rec is None) != (rn is None) or (rp is None) != (rn in {None, b"0"}):
        return None
    actor = _actors.get((k, act)) or _read_actor(kind, k, act)
    time, claimed = t.decode(), None if ct is None else ct.decode()
    if not profile.is_time(time) or not (claimed is None or profile.is_time(claimed)):
        return None
    subject, ordinal = None if rec is None else rec.decode(), None if rn is None else int(rn)
    number = int(seq)
    profile.check_subject(kind, subject, ordinal, number)
    person = actor["ty"] == "person"
    return Header(
        1,
        _origins.get(log) or _read_origin(log),
        number,
        bytes.fromhex(prev.decode()),
        time,
        kind.name,
        dict(actor),
        subject,
        ordinal,
        None if rp is None else int(rp),
        None if src_id is None else (src_id.decode(), int(src_n or b"")),
        claimed,
        dict(_facts.get((k, f or b"")) or _read_facts(kind, k, f or b"")),
        _read_refs(kind, ref),
        _read_parts(kind, k, b"" if parts is None else parts, person=person),
        leaf,
        digests.leaf_hash(leaf),
    )


def _remember(table: dict[Any, Any], key: Any, value: Any) -> Any:
    if len(table) >= _MOST:
        table.clear()
    table[key] = value
    return value


def _read_origin(log: bytes) -> str:
    origin = log.decode()
    if not kinds.is_origin(origin):
        raise Fault("E_PROFILE", "log is ill-formed.")
    return str(_remember(_origins, log, origin))


def _read_actor(kind: kinds.Kind, k: bytes, act: bytes) -> Mapping[str, str]:
    actor = canonical.read_canonical(act)
    profile.check_actor(actor)
    profile.check_writer(kind, actor)
    known: Mapping[str, str] = _remember(_actors, (k, act), actor)
    return known


def _read_facts(kind: kinds.Kind, k: bytes, f: bytes) -> Mapping[str, Any]:
    facts = canonical.read_canonical(f) if f else _EMPTY
    if f:
        profile.check_values(facts)
    kind.facts.check(facts, "f")
    known: Mapping[str, Any] = _remember(_facts, (k, f), facts)
    return known


def _read_refs(kind: kinds.Kind, ref: bytes | None) -> Mapping[str, Any]:
    if ref is None:
        kind.refs.check(_EMPTY, "ref")
        return _EMPTY
    refs: Mapping[str, Any] = canonical.read_canonical(ref)
    profile.check_values(refs)
    kind.refs.check(refs, "ref")
    return refs


def _read_parts(kind: kinds.Kind, k: bytes, block: bytes, *, person: bool) -> tuple[PartRef, ...]:
    rows = block.split(b"},{") if block else []
    key = (k, person, tuple([row[:_HEAD] + row[_TAIL:] for row in rows]))
    shape = _shapes.get(key)
    if shape is None:
        shape = _read_shape(kind, block, person=person)
        _remember(_shapes, key, shape)
    digits = b"".join([row[_HEAD:_TAIL] for row in rows])
    found = iter(_unhex(digits))
    return tuple([PartRef(name, cls, next(found), media) for name, cls, media in shape])


def _unhex(digits: bytes) -> list[bytes]:
    """Return the digests of a row of 64 digits each."""
    try:
        raw = bytes.fromhex(digits.decode("ascii"))
    except ValueError:
        raise Fault("E_PROFILE", "A digest is ill-formed.") from None
    # fromhex also takes capitals and spaces.
    if raw.hex().encode() != digits:
        raise Fault("E_PROFILE", "A digest is ill-formed.")
    return [raw[i : i + 32] for i in range(0, len(raw), 32)]


def _read_shape(kind: kinds.Kind, block: bytes, *, person: bool) -> Shape:
    parts: tuple[PartRef, ...] = ()
    if block:
        parts = profile.read_parts(canonical.read_canonical(b"[{" + block + b"}]"))
    kind.check_parts({part.name: part.cls for part in parts}, by_person=person)
    return tuple((part.name, part.cls, part.media) for part in parts)
