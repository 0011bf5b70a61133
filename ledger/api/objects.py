"""Writing a decision: the same object wherever one is answered, with the bytes that were sent.

A decision object holds nothing that changes by itself. A value that is gone, or does not give the
digest its entry sealed, is not shown: `loopgrid:erased` or `loopgrid:altered` stands in its place.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import msgspec
from django.conf import settings

from ledger.api.rendering import encode
from ledger.content.submission import CONTEXT
from ledger.queries import LedgerRef, PartContent
from ledger.queries.records import Parts, Record
from ledger.states import DecisionState

ERASED: Final = "loopgrid:erased"
ALTERED: Final = "loopgrid:altered"

_members_of = msgspec.json.Decoder(dict[str, msgspec.Raw]).decode


def decision_bytes(ledger: LedgerRef, record: Record) -> bytes:
    """Return the JSON text of a decision."""
    return encode(decision_object(ledger, record))


def decision_object(ledger: LedgerRef, record: Record) -> dict[str, Any]:
    """Return a decision as it is answered, ready to be encoded; every key is there, if as null."""
    state = record.state
    context = _context(record)
    return {
        "decision_id": state.decision_id,
        "created_at": state.created_at,
        "service_name": state.service,
        "decision_type": state.decision_type,
        "input": _shown(record, record.parts, "input"),
        "model": _shown(record, record.parts, "model"),
        "output": _shown(record, record.parts, "output"),
        "prompt": _shown(record, record.parts, "prompt"),
        "metadata": _shown(record, record.parts, "metadata"),
        "tool_calls": _shown(record, record.parts, "tool_calls"),
        "status": state.status,
        "content_hash": state.content_hash.hex() if state.content_hash else None,
        "chain_hash": state.chain_hash.hex(),
        "incorrect_reason": _text(record.flag, "reason"),
        "incorrect_at": state.flagged_at,
        "correction": _correction(record),
        "seq": state.seq,
        "decision_url": decision_url(ledger, state.seq),
        "recorded_by": {"type": state.recorded_type, "id": state.recorded_id},
        "review": _review(state),
        "erased": _erased(record),
        "altered": _altered(record),
        "occurred_at": record.header.ct if record.header else None,
        "origin": state.origin,
        "environment": state.environment,
        "parent_decision_id": state.parent_id,
        "risk_tier": state.risk_tier,
        "content_mode": state.content_mode,
        "writer": _writer(record),
        **{name: context.get(name) for name in CONTEXT},
    }


def decision_url(ledger: LedgerRef, seq: int) -> str:
    """Return the address of a decision's page."""
    return f"{settings.PUBLIC_URL}/w/{slug_of(ledger)}/d/{seq}"


def slug_of(ledger: LedgerRef) -> str:
    """Return the name of the workspace in addresses; an origin is its host, then that name."""
    return ledger.origin.split("/")[1]


def entity_tag(state: DecisionState) -> str:
    """Return the ETag of a decision: the newest entry that changed its object."""
    return f'"{state.newest_seq}"'


def present(part: PartContent | None) -> msgspec.Raw | None:
    """Return the recorded bytes of a part, None unless they are there and untouched."""
    return None if part is None or part.content is None else msgspec.Raw(part.content)


def part_value(part: PartContent, *, erased_at: str | None = None) -> Any:
    """Return what is shown for a part: its bytes, or the object that says why they are not."""
    match part.state:
        case "present":
            return present(part)
        case "erased":
            return {ERASED: {"entry": part.erased_seq, "at": erased_at}}
        case "altered":
            return {ALTERED: {"entry": part.seq, "digest": part.digest.hex()}}


def _shown(record: Record, parts: Parts, name: str) -> Any:
    part = parts.get(name)
    if part is not None:
        return part_value(part, erased_at=record.erased_at.get(part.erased_seq or -1))
    seq = record.state.correction_seq if parts is record.correction else record.state.seq
    return {ALTERED: {"entry": seq, "digest": None}} if name in record.missing else None


def _text(parts: Parts, name: str) -> msgspec.Raw | None:
    return present(parts.get(name))


def _context(record: Record) -> Mapping[str, msgspec.Raw]:
    part = record.parts.get("context")
    return {} if part is None or part.content is None else _members_of(part.content)


def _writer(record: Record) -> dict[str, Any] | None:
    source = record.header.src if record.header else None
    return None if source is None else {"id": source[0], "seq": source[1]}


def _correction(record: Record) -> dict[str, Any] | None:
    state = record.state
    if state.correction_seq is None:
        return None
    return {
        "output": _shown(record, record.correction, "correction"),
        "corrected_by": _text(record.correction, "corrected_by"),
        "corrected_at": record.corrected_at,
        "notes": _text(record.correction, "notes"),
        "correction_id": state.correction_id,
        "seq": state.correction_seq,
        "state": "accepted",
    }


def _review(state: DecisionState) -> dict[str, Any]:
    by = {"type": state.verdict_type, "id": state.verdict_by} if state.verdict_by else None
    return {
        "verdict": state.verdict,
        "by": by,
        "at": state.verdict_at,
        "reason_code": state.reason_code,
        "severity": state.severity,
        "corrections": state.corrections,
        "newest_seq": state.newest_seq,
    }


def _erased(record: Record) -> dict[str, Any] | None:
    gone = [part for part in record.all_parts() if part.state == "erased"]
    if not gone:
        return None
    newest = max(part.erased_seq or 0 for part in gone)
    names = sorted({part.name for part in gone})
    return {"entry": newest, "at": record.erased_at.get(newest), "parts": names}


def _altered(record: Record) -> list[str] | None:
    damaged = {part.name for part in record.all_parts() if part.state == "altered"}
    damaged |= set(record.missing)
    if record.header is None:
        damaged.add("entry")
    return sorted(damaged) or None
