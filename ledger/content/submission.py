"""A decision as it was sent, split into what is sealed as a fact and what is sealed as content.

Facts are names, enumerations and numbers that figures count; content goes into parts, byte for
byte; what belongs to neither stands together in the part `context`. docs/format.md, "Where the
fields of a decision go".
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from loopgrid_proof.digests import content_hash

from ledger.content.strict import Member
from ledger.errors import ContentFault, InvalidContent

MAX_LABEL = 200
MAX_TEXT = 10_000
MAX_TOOL_CALLS = 1000
PARTS = ("input", "model", "output", "prompt", "tool_calls", "metadata")
CONTEXT = (
    "agent",
    "biometric",
    "confidence",
    "cost",
    "disclosed",
    "effect_at",
    "error",
    "guardrail",
    "latency_ms",
    "marked",
    "release",
    "session_id",
    "span_id",
    "subject_ref",
    "told",
    "trace_id",
    "usage",
)
FACT_OF = {
    "service_name": "svc",
    "decision_type": "dt",
    "environment": "env",
    "risk_tier": "risk",
    "origin": "origin",
    "content_mode": "content",
}
CHOICES = {
    "risk_tier": ("high", "limited", "minimal"),
    "origin": ("live", "imported"),
    "content_mode": ("full", "redacted", "hash", "none"),
}
OTHER = ("occurred_at", "parent_decision_id", "writer")
KNOWN = frozenset((*PARTS, *CONTEXT, *FACT_OF, *OTHER))
HASHED = ("service_name", "decision_type", *PARTS)

_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_TIME = re.compile(
    r"(\d{4}-\d\d-\d\d)[Tt](\d\d:\d\d:\d\d)(?:\.(\d{1,9}))?([Zz]|[+-]\d\d:\d\d)", re.ASCII
)
_ID = re.compile(r"dec_[0-9a-f]{32}", re.ASCII)
_HEX32 = re.compile(r"[0-9a-f]{32}", re.ASCII)
_DECIMAL = re.compile(r"-?\d{1,30}(\.\d{1,30})?", re.ASCII)
_CURRENCY = re.compile(r"[A-Z]{3}", re.ASCII)


@dataclass(frozen=True, slots=True)
class Piece:
    """Content of one part before it is salted: its name, class (n, p, s), bytes and media type."""

    name: str
    cls: str
    content: bytes
    media: str = "application/json"


@dataclass(frozen=True, slots=True)
class Submission:
    """A decision ready to be sealed.

    `facts`, `refs`, `ct` and `src` go into the header, `pieces` into parts. `ignored` names the
    keys nobody reads; `members` keeps what was sent, for the answer.
    """

    facts: Mapping[str, Any]
    refs: Mapping[str, Any]
    ct: str | None
    src: tuple[str, int] | None
    pieces: tuple[Piece, ...]
    content_hash: bytes
    ignored: tuple[str, ...]
    members: Mapping[str, Member]


def is_label(value: object, *, longest: int = MAX_LABEL) -> bool:
    """Say whether a value is a name: 1 to `longest` characters without control characters."""
    return isinstance(value, str) and 0 < len(value) <= longest and not _CONTROL.search(value)


def read_time(text: object) -> str | None:
    """Return an RFC 3339 date-time as the ledger writes times, in UTC; None if it is not one.

    Digits of the fraction beyond microseconds are cut off.
    """
    found = _TIME.fullmatch(text) if isinstance(text, str) else None
    if not found:
        return None
    day, clock, fraction, zone = found.groups()
    try:
        moment = datetime.fromisoformat(
            f"{day}T{clock}.{(fraction or '')[:6]:0<6}{'+00:00' if zone in 'Zz' else zone}"
        ).astimezone(UTC)
    except (ValueError, OverflowError):
        return None
    return f"{moment:%Y-%m-%dT%H:%M:%S.%f}Z".rjust(27, "0")


def split_parts(
    members: Mapping[str, Member], *, trace: tuple[str, str] | None = None
) -> Submission:
    """Return the submission that these members of a request make.

    `trace` is the trace and span id of a `traceparent` header; it fills the two members when they
    are absent. Raises InvalidContent with every fault that was found.
    """
    given = {
        name: member
        for name, member in members.items()
        if name in KNOWN and member.value is not None
    }
    if trace:
        for name, value in zip(("trace_id", "span_id"), trace, strict=True):
            given.setdefault(name, Member(f'"{value}"'.encode(), value))
    faults = [fault for name, rule in _RULES.items() for fault in rule(name, given.get(name))]
    if faults:
        raise InvalidContent(*faults)
    return Submission(
        facts=_facts(given),
        refs=_refs(given),
        ct=read_time(given["occurred_at"].value) if "occurred_at" in given else None,
        src=_source(given),
        pieces=_pieces(given),
        content_hash=content_hash(
            {name: given[name].value if name in given else None for name in HASHED}
        ),
        ignored=tuple(sorted(set(members) - KNOWN)),
        members=given,
    )


def _facts(given: Mapping[str, Member]) -> dict[str, Any]:
    facts = {fact: given[name].value for name, fact in FACT_OF.items() if name in given}
    model = given["model"].value
    for key, fact in (("provider", "mp"), ("name", "mn")):
        # A value that is no valid name stays in the part and is simply not counted.
        if is_label(model.get(key)):
            facts[fact] = model[key]
    if "error" in given:
        kind = given["error"].value.get("type")
        facts["res"] = kind if kind in {"refused", "timeout"} else "error"
    return facts


def _refs(given: Mapping[str, Member]) -> dict[str, Any]:
    if "parent_decision_id" not in given:
        return {}
    return {"parent": given["parent_decision_id"].value}


def _source(given: Mapping[str, Member]) -> tuple[str, int] | None:
    if "writer" not in given:
        return None
    writer = given["writer"].value
    return writer["id"], writer["seq"]


def _pieces(given: Mapping[str, Member]) -> tuple[Piece, ...]:
    pieces = [
        Piece(name, "n" if name == "model" else "p", given[name].raw)
        for name in PARTS
        if name in given
    ]
    context = [b'"%s":%s' % (name.encode(), given[name].raw) for name in CONTEXT if name in given]
    if context:
        pieces.append(Piece("context", "p", b"{" + b",".join(context) + b"}"))
    return tuple(sorted(pieces, key=lambda piece: piece.name))


# --- the rules of shape, one small check per member -------------------------------------------

_Rule = Callable[[str, "Member | None"], list[ContentFault]]


def _fault(name: str, detail: str, *, code: str = "validation_failed") -> list[ContentFault]:
    return [ContentFault(f"/{name}", code, f"{name} {detail}")]


def _required_label(name: str, member: Member | None) -> list[ContentFault]:
    return _label(name, member) if member else _fault(name, "is required.")


def _label(name: str, member: Member | None) -> list[ContentFault]:
    if member is None or is_label(member.value):
        return []
    if not isinstance(member.value, str):
        return _fault(name, "must be a string.")
    return _fault(
        name,
        f"must have 1 to {MAX_LABEL} characters and no control characters.",
        code="label_invalid",
    )


def _required_object(name: str, member: Member | None) -> list[ContentFault]:
    return _object(name, member) if member else _fault(name, "is required and must be an object.")


def _object(name: str, member: Member | None) -> list[ContentFault]:
    if member is None or isinstance(member.value, dict):
        return []
    return _fault(name, "must be an object.")


def _tool_calls(name: str, member: Member | None) -> list[ContentFault]:
    if member is None:
        return []
    calls = member.value
    if not isinstance(calls, list) or not all(isinstance(call, dict) for call in calls):
        return _fault(name, "must be an array of objects.")
    if len(calls) > MAX_TOOL_CALLS:
        return _fault(name, f"may hold at most {MAX_TOOL_CALLS} calls.")
    return []


def _choice(name: str, member: Member | None) -> list[ContentFault]:
    choices = CHOICES[name]
    if member is None or (isinstance(member.value, str) and member.value in choices):
        return []
    return _fault(name, f"must be one of {', '.join(choices)}.")


def _moment(name: str, member: Member | None) -> list[ContentFault]:
    if member is None or read_time(member.value):
        return []
    return _fault(name, "must be an RFC 3339 date-time with an offset.")


def _number(lowest: float, highest: float | None) -> _Rule:
    def rule(name: str, member: Member | None) -> list[ContentFault]:
        if member is None:
            return []
        value = member.value
        if isinstance(value, bool) or not isinstance(value, (int, float)):
            return _fault(name, "must be a number.")
        if value < lowest or (highest is not None and value > highest):
            reach = f"from {lowest:g} to {highest:g}" if highest is not None else "not negative"
            return _fault(name, f"must be {reach}.")
        return []

    return rule


def _parent(name: str, member: Member | None) -> list[ContentFault]:
    if member is None or (isinstance(member.value, str) and _ID.fullmatch(member.value)):
        return []
    return _fault(name, "must be the id of a decision.")


def _writer(name: str, member: Member | None) -> list[ContentFault]:
    if member is None:
        return []
    writer = member.value if isinstance(member.value, dict) else {}
    number = writer.get("seq")
    good = isinstance(writer.get("id"), str) and _HEX32.fullmatch(writer["id"])
    if good and type(number) is int and 1 <= number < 2**53:
        return []
    return _fault(name, "must be {id: 32 hex digits, seq: a number from 1}.")


def _cost(name: str, member: Member | None) -> list[ContentFault]:
    if member is None:
        return []
    cost = member.value if isinstance(member.value, dict) else {}
    amount, currency = cost.get("amount"), cost.get("currency")
    if (
        isinstance(amount, str)
        and _DECIMAL.fullmatch(amount)
        and isinstance(currency, str)
        and _CURRENCY.fullmatch(currency)
    ):
        return []
    return _fault(name, "must be {amount: decimal string, currency: three letters}.")


def _error(name: str, member: Member | None) -> list[ContentFault]:
    if member is None:
        return []
    error = member.value if isinstance(member.value, dict) else {}
    if is_label(error.get("type")) and isinstance(error.get("message", ""), (str, type(None))):
        return []
    return _fault(name, "must be {type: string, message: string}.")


def _label_or_object(name: str, member: Member | None) -> list[ContentFault]:
    if member is None or isinstance(member.value, dict):
        return []
    return _label(name, member)


_RULES: dict[str, _Rule] = {
    "service_name": _required_label,
    "decision_type": _required_label,
    "input": _required_object,
    "model": _required_object,
    "output": _required_object,
    "prompt": _object,
    "metadata": _object,
    "tool_calls": _tool_calls,
    "environment": _label,
    "release": _label,
    "session_id": _label,
    "subject_ref": _label,
    "trace_id": _label,
    "span_id": _label,
    "agent": _label_or_object,
    "risk_tier": _choice,
    "origin": _choice,
    "content_mode": _choice,
    "occurred_at": _moment,
    "effect_at": _moment,
    "confidence": _number(0, 1),
    "latency_ms": _number(0, None),
    "usage": _object,
    "cost": _cost,
    "error": _error,
    "parent_decision_id": _parent,
    "writer": _writer,
}
