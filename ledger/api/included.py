"""What a decision is asked for beside itself: its receipt, its history, its seal."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

import msgspec
from loopgrid_proof.headers import Header

from ledger import queries
from ledger.api.objects import part_value
from ledger.queries import HistoryEntry, LedgerRef

INCLUDES: Final = ("receipt", "history", "seal")
VERBS: Final = {
    "decision.recorded": "recorded",
    "decision.marked_incorrect": "marked_incorrect",
    "decision.confirmed": "confirmed",
    "correction.attached": "corrected",
    "correction.superseded": "superseded",
    "verdict.superseded": "superseded",
    "export.made": "exported",
}
# A header's short words, as the API writes them.
_FACTS: Final = {
    "svc": "service_name",
    "dt": "decision_type",
    "reason": "reason_code",
    "sev": "severity",
}
_REFS: Final = {"seen": "seen_seq", "correction": "correction_id", "by": "replaced_by"}


def included(
    ledger: LedgerRef,
    header: Header | None,
    wanted: Collection[str],
    *,
    salts: Mapping[str, bytes] | None = None,
) -> dict[str, Any]:
    """Return the volatile facts that `wanted` names, for the decision recorded by this entry.

    Salts are shown to the one who recorded, to check that their own bytes were sealed.
    """
    found: dict[str, Any] = {}
    if not wanted or header is None:
        return dict.fromkeys(wanted)
    size = queries.sealed_size(ledger)
    if "receipt" in wanted:
        found["receipt"] = receipt_object(header, sealed_size=size, salts=salts)
    if "history" in wanted:
        found["history"] = history_list(ledger, header.rec or "", sealed_size=size)
    if "seal" in wanted:
        found["seal"] = {"state": _state(header, size), "sealed_size": size}
    return found


def receipt_object(
    header: Header, *, sealed_size: int, salts: Mapping[str, bytes] | None = None
) -> dict[str, Any]:
    """Return what a recorder needs to check an entry by itself: the exact leaf and its digests.

    Checkpoint and path of a sealed entry are at `/v1/entries/{seq}/receipt`.
    """
    return {
        "origin": header.log,
        "seq": header.seq,
        "leaf": header.leaf.decode(),
        "leaf_hash": header.leaf_hash.hex(),
        "prev": header.prev.hex(),
        "recorded_at": header.t,
        "parts": [
            {"name": part.name, "digest": part.digest.hex()}
            | ({"salt": salts[part.name].hex()} if salts and part.name in salts else {})
            for part in header.parts
        ],
        "state": _state(header, sealed_size),
        "checkpoint": None,
        "inclusion": None,
    }


def _state(header: Header, sealed_size: int) -> str:
    return "sealed" if header.seq < sealed_size else "recorded"


def history_list(
    ledger: LedgerRef, decision_id: str, *, sealed_size: int | None = None
) -> list[dict[str, Any]]:
    """Return everything recorded about a decision, oldest first, contents included."""
    size = queries.sealed_size(ledger) if sealed_size is None else sealed_size
    history = queries.history_of(ledger, decision_id, sealed_size=size)
    return [history_object(entry) for entry in history.entries]


def history_object(entry: HistoryEntry) -> dict[str, Any]:
    """Return one entry of a record: who did what, when, with what content."""
    header = entry.header
    return {
        "seq": header.seq,
        "verb": VERBS.get(header.kind, header.kind.rpartition(".")[2]),
        "kind": header.kind,
        "at": header.t,
        "actor": {"type": header.actor["ty"], "id": header.actor["id"], "name": _name(entry)},
        "detail": _detail(entry),
        "supersedes": entry.supersedes,
        "superseded_by": entry.superseded_by,
        "leaf_hash": header.leaf_hash.hex(),
        "state": entry.state,
    }


def _name(entry: HistoryEntry) -> str | None:
    part = entry.parts.get("actor")
    if part is None or part.content is None:
        return None
    name = msgspec.json.decode(part.content).get("display_name")
    return name if isinstance(name, str) else None


def _detail(entry: HistoryEntry) -> dict[str, Any]:
    header = entry.header
    facts = {_FACTS[name]: value for name, value in header.facts.items() if name in _FACTS}
    refs = {_REFS[name]: value for name, value in header.refs.items() if name in _REFS}
    parts = {
        part.name: part_value(entry.parts[part.name]) if part.name in entry.parts else None
        for part in header.parts
        if part.name != "actor"
    }
    if "comment" in parts:
        parts["note"] = parts.pop("comment")
    return {**facts, **refs, **parts}
