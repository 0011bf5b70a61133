"""What was expected at the first bad entry and what is there, and whom it touches."""

from __future__ import annotations

from uuid import UUID

from loopgrid_proof import headers
from loopgrid_proof.digests import leaf_hash
from loopgrid_proof.errors import Finding, Verification

from ledger.integrity.result import FirstBad, ServiceCount, first_bad_finding
from ledger.integrity.snapshot import Snapshot

_ENTRY = "SELECT leaf, leaf_hash, rec, kind FROM ledger_entry WHERE ledger_id = %s AND seq = %s"
_PREV = "SELECT prev_hash FROM ledger_entry WHERE ledger_id = %s AND seq = %s"
_SIGNED = "SELECT max(size) FROM ledger_checkpoint WHERE ledger_id = %s AND size <= %s"
_DAMAGED = """
SELECT EXISTS (SELECT FROM ledger_entry e JOIN ledger_decision d
    ON d.ledger_id = e.ledger_id AND d.decision_id = e.rec
  WHERE e.ledger_id = %(ledger)s AND e.seq = ANY(%(places)s) AND d.service = %(service)s)
OR EXISTS (SELECT FROM ledger_decision WHERE ledger_id = %(ledger)s AND seq = ANY(%(places)s)
    AND service = %(service)s)
"""
_IN_RANGE = """
SELECT EXISTS (SELECT FROM ledger_entry e JOIN ledger_decision d
    ON d.ledger_id = e.ledger_id AND d.decision_id = e.rec
  WHERE e.ledger_id = %s AND e.seq >= %s AND e.seq < %s AND d.service = %s)
"""


def explain(moment: Snapshot, ledger_id: UUID, verification: Verification) -> FirstBad | None:
    """Return the first bad entry with what was expected there; None if nothing is broken."""
    one = first_bad_finding(verification)
    if one is None:
        return None
    place = one.place
    expected, found = _values(moment, ledger_id, _told_by_the_link(verification, one))
    return FirstBad(
        seq=place,
        kind=one.damage,
        code=one.code,
        detail=one.detail,
        expected=expected,
        found=found,
        last_good_checkpoint=_last_good(moment, ledger_id, verification.sealed_size, place),
        frm=one.frm,
        to=one.to,
        decision_id=None if place is None else _decision_at(moment, ledger_id, place),
    )


def _last_good(
    moment: Snapshot, ledger_id: UUID, sealed_size: int, place: int | None
) -> int | None:
    """Return the newest good checkpoint that covers nothing from the bad entry on, if any does."""
    most = sealed_size if place is None else min(place, sealed_size)
    size: int | None = moment.ask(_SIGNED, (ledger_id, most))[0][0]
    return size


def _told_by_the_link(verification: Verification, one: Finding) -> Finding:
    """Return what the entry behind says of the bad one: only a link has two values to compare."""
    links = (f for f in verification.findings if f.code == "E_PREV" and f.suspect is not None)
    return next((link for link in links if link.suspect == one.place), one)


def _values(moment: Snapshot, ledger_id: UUID, one: Finding) -> tuple[str | None, str | None]:
    match one.code:
        case "E_SEQ" if one.to is not None:
            return f"entry {one.seq}", f"entry {one.to}"
        case "E_TRUNCATED" | "E_TRUNCATED_VS_HELD":
            return "the entries that a checkpoint covers", f"{one.seq} entries"
        case "E_PREV" if one.suspect is not None and one.seq is not None:
            linked = moment.ask(_PREV, (ledger_id, one.seq))
            there = moment.ask(_ENTRY, (ledger_id, one.suspect))
            return _hash(linked[0][0] if linked else None), _hash(_leaf_hash(there))
        case _:
            return None, None


def _leaf_hash(rows: list[tuple[object, ...]]) -> bytes | None:
    leaf = rows[0][0] if rows else None
    return leaf_hash(leaf) if isinstance(leaf, bytes) else None


def _hash(value: bytes | None) -> str | None:
    return None if value is None else value.hex()


def _decision_at(moment: Snapshot, ledger_id: UUID, seq: int) -> str | None:
    """Return the decision that the entry is about, by its leaf, else by its column."""
    rows = moment.ask(_ENTRY, (ledger_id, seq))
    if not rows:
        return None
    header = headers.readable(rows[0][0] or b"")
    record = rows[0][2] if header is None else header.rec
    return record if record and record.startswith("dec_") else None


def touches(moment: Snapshot, ledger_id: UUID, verification: Verification, service: str) -> bool:
    """Say whether a finding concerns a decision of this service."""
    errors = [one for one in verification.findings if one.code[0] == "E"]
    places = sorted({one.place for one in errors if one.place is not None})
    values = {"ledger": ledger_id, "places": places, "service": service}
    if moment.ask(_DAMAGED, values)[0][0]:
        return True
    ranges = {(one.frm, one.to) for one in errors if one.frm is not None and one.to is not None}
    return any(
        moment.ask(_IN_RANGE, (ledger_id, begin, end, service))[0][0] for begin, end in ranges
    )


def count_service(
    moment: Snapshot, ledger_id: UUID, verification: Verification, service: str
) -> ServiceCount:
    """Return how many decisions a service has, and whether damage touches it."""
    rows = moment.ask(
        "SELECT count(*) FROM ledger_decision WHERE ledger_id = %s AND service = %s",
        (ledger_id, service),
    )
    return ServiceCount(service, rows[0][0], touches(moment, ledger_id, verification, service))
