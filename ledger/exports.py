"""Lists for others: complete, in constant memory, and each one an entry before its first byte.

What is written is the ledger as one snapshot shows it. The snapshot is taken after the entry of the
export, so that whoever holds the file can find in the ledger that it was made.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from itertools import islice

from django.db import connection, transaction
from loopgrid_proof.headers import NewEntry

from accounts import ids
from accounts.actors import Actor
from ledger.append import Clock, Draft, append_entries, hold
from ledger.content import seal, written
from ledger.queries import LedgerRef, lists, records_of
from ledger.queries.decisions import state_of_columns
from ledger.queries.filters import Filters
from ledger.queries.records import Record
from ledger.states import DecisionState
from ledger.transactions import act

# Decisions are read in groups whose content stays below this, however large a single one is.
GROUP = 200
GROUP_BYTES = 4 * 1024 * 1024

_SIZES = """
SELECT seq, sum(octet_length(content)) FROM ledger_part
WHERE ledger_id = %s AND seq = ANY(%s) GROUP BY seq
"""


@dataclass(frozen=True, slots=True)
class Export:
    """An export that is in the ledger: its id, its entry, and the list it is of."""

    export_id: str
    seq: int
    ledger: LedgerRef
    filters: Filters


@dataclass(frozen=True, slots=True)
class Listing:
    """The decisions of an export, newest first, as they stood after entry `as_of`."""

    ledger: LedgerRef
    as_of: int
    states: Iterator[DecisionState]

    def records(self) -> Iterator[Record]:
        """Yield each decision with its content."""
        while group := list(islice(self.states, GROUP)):
            for few in _by_size(self.ledger, group):
                yield from records_of(self.ledger, few)


@act
def make_export(
    ledger: LedgerRef,
    filters: Filters,
    *,
    form: str,
    with_content: bool,
    actor: Actor,
    clock: Clock,
) -> Export:
    """Record that a list of decisions is handed out as `json`, `jsonl` or `csv`, before it is."""
    facts = {"form": form, "scope": "list", "content": "full" if with_content else "none"}
    export_id = ids.draw_id("bun")
    details = actor.personal_details()
    parts = seal([written("actor", details)] if details else [], draw=os.urandom)
    entry = NewEntry(
        "export.made",
        actor.header(),
        facts=facts,
        refs={"export": export_id},
        parts=tuple(part.ref for part in parts),
    )
    appended = append_entries(hold(ledger, clock=clock), [Draft(entry, parts)])[0]
    return Export(export_id, appended.header.seq, ledger, filters)


@contextmanager
def reading(export: Export) -> Iterator[Listing]:
    """Read the decisions of an export within one snapshot, which holds the connection."""
    with transaction.atomic(durable=True):
        with connection.cursor() as rows:
            rows.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
            rows.execute(
                "SELECT max(seq) FROM ledger_entry WHERE ledger_id = %s",
                [export.ledger.ledger_id],
            )
            as_of = rows.fetchone()[0]
        with connection.chunked_cursor() as stream:
            statement, params = lists.statement(export.ledger, export.filters)
            stream.execute(statement, params)
            yield Listing(export.ledger, as_of, map(state_of_columns, stream))


def _by_size(ledger: LedgerRef, states: list[DecisionState]) -> Iterator[list[DecisionState]]:
    """Yield the decisions in groups whose stored content is small enough to be held at once."""
    with connection.cursor() as rows:
        rows.execute(_SIZES, [ledger.ledger_id, [seq for state in states for seq in _seqs(state)]])
        sizes = dict(rows.fetchall())
    few: list[DecisionState] = []
    held = 0
    for state in states:
        size = sum(sizes.get(seq) or 0 for seq in _seqs(state))
        if few and held + size > GROUP_BYTES:
            yield few
            few, held = [], 0
        few.append(state)
        held += size
    yield few


def _seqs(state: DecisionState) -> list[int]:
    seqs = (state.seq, state.reason_seq, state.correction_seq)
    return [seq for seq in seqs if seq is not None]
