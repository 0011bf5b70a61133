"""A decision with everything its object shows, read for one or for a page of them.

Queries per call, however many decisions: `records_of` two, and one more when something was erased;
`record_of` one more than that, `record_at` two more.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field

from loopgrid_proof.headers import Header, readable

from ledger.models import Entry
from ledger.queries.decisions import decision, state_at
from ledger.queries.ledgers import LedgerRef
from ledger.queries.parts import PartContent, as_sealed, parts_of
from ledger.states import DecisionState

Parts = Mapping[str, PartContent]


@dataclass(frozen=True, slots=True)
class Record:
    """Where a decision stands, with the content of its own entry, its flag and its correction.

    `header` is None when the stored entry cannot be read any more. `missing` names the parts that
    an entry promises and nobody finds; `erased_at` gives the time of each erasure by its entry.
    """

    state: DecisionState
    header: Header | None
    parts: Parts
    flag: Parts = field(default_factory=dict)
    correction: Parts = field(default_factory=dict)
    corrected_at: str | None = None
    missing: tuple[str, ...] = ()
    erased_at: Mapping[int, str] = field(default_factory=dict)

    def all_parts(self) -> list[PartContent]:
        """Return the parts of the decision, then of its flag, then of its correction."""
        return [*self.parts.values(), *self.flag.values(), *self.correction.values()]


def record_of(ledger: LedgerRef, decision_id: str) -> Record:
    """Return the record of a decision as it stands. Raises NotFound."""
    return records_of(ledger, [decision(ledger, decision_id)])[0]


def record_at(ledger: LedgerRef, decision_id: str, *, upto: int) -> Record:
    """Return the record as it stood just after entry `upto`, without what was erased since."""
    return records_of(ledger, [state_at(ledger, decision_id, upto=upto)])[0]


def records_of(ledger: LedgerRef, states: Sequence[DecisionState]) -> list[Record]:
    """Return the records of these decisions, in their order."""
    shown = [seq for state in states for seq in _entries_of(state)]
    headers = headers_at(ledger, shown)
    parts = parts_of(ledger, shown)
    erasures = {part.erased_seq for row in parts.values() for part in row.values()} - {None}
    erased = headers_at(ledger, [seq for seq in erasures if seq is not None]) if erasures else {}
    erased_at = {seq: header.t for seq, header in erased.items()}
    return [_record(state, headers, parts, erased_at) for state in states]


def headers_at(ledger: LedgerRef, seqs: Iterable[int]) -> dict[int, Header]:
    """Return the headers of these entries by number, without those that cannot be read."""
    rows = Entry.objects.filter(ledger_id=ledger.ledger_id, seq__in=sorted(set(seqs)))
    found = {seq: readable(bytes(leaf)) for seq, leaf in rows.values_list("seq", "leaf")}
    return {seq: header for seq, header in found.items() if header is not None}


def sealed_parts(ledger: LedgerRef, seqs: Iterable[int]) -> dict[int, Parts]:
    """Return the parts of these entries by number, each held against its entry's header."""
    wanted = list(seqs)
    headers, parts = headers_at(ledger, wanted), parts_of(ledger, wanted)
    return {seq: _sealed(headers, parts, seq) for seq in wanted}


def _entries_of(state: DecisionState) -> list[int]:
    seqs = (state.seq, state.reason_seq, state.correction_seq)
    return [seq for seq in seqs if seq is not None]


def _record(
    state: DecisionState,
    headers: Mapping[int, Header],
    parts: Mapping[int, Parts],
    erased_at: Mapping[int, str],
) -> Record:
    correction = headers.get(state.correction_seq or -1)
    seqs = _entries_of(state)
    return Record(
        state,
        headers.get(state.seq),
        _sealed(headers, parts, state.seq),
        _sealed(headers, parts, state.reason_seq),
        _sealed(headers, parts, state.correction_seq),
        correction.t if correction else None,
        tuple(
            part.name
            for seq in seqs
            if seq in headers
            for part in headers[seq].parts
            if part.name not in parts[seq]
        ),
        erased_at,
    )


def _sealed(headers: Mapping[int, Header], parts: Mapping[int, Parts], seq: int | None) -> Parts:
    """Return the parts of an entry that are there, held against what its header names."""
    stored, header = parts.get(seq or -1, {}), headers.get(seq or -1)
    if header is None:
        return stored
    return {name: part for name, part in as_sealed(header, stored).items() if name in stored}
