"""Reading the ledger entry after entry; the cursor moves in the act that keeps what was read.

Order of numbers is order of commit, so reading after a number never skips an entry. A follower must
bear reading an entry twice, and rows that are already ahead of the entries it is given.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection

from ledger.queries import LedgerRef
from ledger.transactions import act

Clock = Callable[[], datetime]
STEP = 1000


@dataclass(frozen=True, slots=True)
class Span:
    """The entries after `after` up to and including `upto`, which all exist."""

    ledger: LedgerRef
    after: int
    upto: int


@act
def follow(
    name: str,
    ledger: LedgerRef,
    handle: Callable[[Span], None],
    *,
    clock: Clock,
    step: int = STEP,
) -> bool:
    """Hand the next entries to `handle` and move the cursor `name` behind them, in one act.

    Returns whether entries are left. One process follows at a time; the others return at once.
    """
    with connection.cursor() as rows:
        rows.execute(
            "INSERT INTO ledger_cursor (ledger_id, name, seq, moved_at) VALUES (%s, %s, -1, %s)"
            " ON CONFLICT DO NOTHING",
            [ledger.ledger_id, name, clock()],
        )
        rows.execute(
            "SELECT seq FROM ledger_cursor WHERE ledger_id = %s AND name = %s"
            " FOR UPDATE SKIP LOCKED",
            [ledger.ledger_id, name],
        )
        held = rows.fetchone()
        # The end is read after the cursor is held, so that it is never behind it.
        rows.execute(
            "SELECT coalesce(max(seq), -1) FROM ledger_entry WHERE ledger_id = %s",
            [ledger.ledger_id],
        )
        end = rows.fetchone()[0]
        if held is None or held[0] >= end:
            return False
        span = Span(ledger, held[0], min(held[0] + step, end))
        handle(span)
        rows.execute(
            "UPDATE ledger_cursor SET seq = %s, moved_at = %s WHERE ledger_id = %s AND name = %s",
            [span.upto, clock(), ledger.ledger_id, name],
        )
        return bool(span.upto < end)


@act
def begin_again(name: str, ledger: LedgerRef, *, tables: Sequence[str]) -> None:
    """Empty the tables that the follower `name` keeps; it makes them again from entry 0."""
    cursor = (ledger.ledger_id, name)
    with connection.cursor() as rows:
        # Held first, so that nobody who follows at this moment writes behind the deletion.
        rows.execute(
            "SELECT FROM ledger_cursor WHERE ledger_id = %s AND name = %s FOR UPDATE", cursor
        )
        for table in tables:
            rows.execute(f"DELETE FROM {table} WHERE ledger_id = %s", [ledger.ledger_id])  # noqa: S608  our own names
        rows.execute("DELETE FROM ledger_cursor WHERE ledger_id = %s AND name = %s", cursor)
