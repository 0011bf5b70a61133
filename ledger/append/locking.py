"""The append lock, the last entry and the clock: what every append begins with.

The lock is advisory and of the transaction, so it ends with the commit. There is no head row: under a
long snapshot its dead versions would make every append slower.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
from django.db import connection
from loopgrid_proof.headers import Previous

from ledger.errors import ClockDisagrees, Conflict, KeyInProgress, Unavailable
from ledger.queries.ledgers import LedgerRef, forget_open_ledger

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

Clock = Callable[[], datetime]

MAX_SKEW = timedelta(seconds=10)
MAX_BEHIND = timedelta(seconds=5)

_LIMITS = """
SELECT set_config('synchronous_commit', 'off', true), set_config('lock_timeout', '5s', true),
  set_config('statement_timeout', '15s', true),
  set_config('idle_in_transaction_session_timeout', '10s', true)
"""
# The columns of the index alone decide; a plan made while the table was empty would scan it for ever.
_LAST = """
SELECT seq, leaf_hash, t FROM ledger_entry WHERE ledger_id = %s ORDER BY seq DESC LIMIT 1
"""
_PASSING = ("08", "25", "40", "53", "55", "57", "58", "XX")


@dataclass(frozen=True, slots=True)
class Head:
    """The end of a ledger while its append lock is held; `at` is the time of the next entry."""

    ledger: LedgerRef
    previous: Previous | None
    at: datetime

    @property
    def next_seq(self) -> int:
        """The number that the next entry gets."""
        return 0 if self.previous is None else self.previous.seq + 1


def write_time(moment: datetime) -> str:
    """Return a moment as the ledger writes times: UTC, six digits, 27 characters."""
    return moment.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")


def database_clock(cursor: Cursor) -> datetime:
    """Return the database server's clock; the only clock that dates entries."""
    row = cursor.execute("SELECT clock_timestamp()").fetchone()
    assert row is not None
    return row[0]


def raw_connection() -> Connection:
    """Return the thread's own psycopg connection, opened if need be."""
    connection.ensure_connection()
    raw: Connection = connection.connection
    return raw


def set_limits(cursor: Cursor) -> None:
    """Bound every wait of this transaction and let its commit return before the flush."""
    cursor.execute(_LIMITS)


def lock_ledger(cursor: Cursor, ledger: LedgerRef, *, clock: Clock) -> Head:
    """Take the append lock and return the end of the ledger.

    Raises Conflict for a closed ledger, ClockDisagrees when the clocks are too far apart.
    """
    cursor.execute("SELECT pg_advisory_xact_lock(%s)", (_lock_key(ledger),))
    # Lock first, then read, each in a statement of its own: a statement's snapshot is taken when it
    # begins, and before the lock is granted it would show an end that is no longer the end.
    cursor.execute("SELECT state FROM ledger_ledger WHERE ledger_id = %s", (ledger.ledger_id,))
    row = cursor.fetchone()
    if row is None or row[0] != "open":
        forget_open_ledger(ledger.workspace_id)
        raise Conflict("This ledger is closed; nothing is appended to it.")
    cursor.execute(_LAST, (ledger.ledger_id,))
    last = cursor.fetchone()
    now = database_clock(cursor)
    skew = abs(now - clock())
    if skew > MAX_SKEW:
        raise ClockDisagrees(f"The clocks differ by {skew.total_seconds():.1f} s.")
    if last is None:
        return Head(ledger, None, now)
    if last[2] - now > MAX_BEHIND:
        raise ClockDisagrees("The database clock is behind the newest entry.")
    at = max(now, last[2])
    return Head(ledger, Previous(last[0], bytes(last[1]), write_time(last[2])), at)


def _lock_key(ledger: LedgerRef) -> int:
    digest = hashlib.sha256(b"loopgrid.append/v1\n" + ledger.ledger_id.bytes).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def flush() -> None:
    """Return once everything that was committed before is on disk."""
    raw_connection().execute("SELECT pg_logical_emit_message(true, 'loopgrid', '')")


@contextmanager
def refusals() -> Iterator[None]:
    """Turn the database's own refusals into errors of this room.

    A lock, time or disk limit and a lost connection are Unavailable; a source number that stands in
    the ledger already is Conflict; everything else is a fault of ours and passes through.
    """
    try:
        yield
    except psycopg.errors.UniqueViolation as fault:
        if "src" in (fault.diag.constraint_name or ""):
            raise Conflict("This source number was recorded before.") from fault
        raise Unavailable("Another writer took this entry's number.") from fault
    except psycopg.Error as fault:
        state = fault.sqlstate or "08"
        if not state.startswith(_PASSING):
            raise
        raise Unavailable("The ledger cannot take an entry right now.") from fault


@contextmanager
def key_waits() -> Iterator[None]:
    """Say that a lock time-out on an idempotency key means its first request has not ended."""
    try:
        yield
    except psycopg.errors.LockNotAvailable as fault:
        raise KeyInProgress("The first request under this key has not ended yet.") from fault
