"""The append lock, the last entry and the clock: what every append begins with.

The lock is advisory and of the transaction, so it ends with the commit. There is no head row: under
a long snapshot its dead versions would make every append slower.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import psycopg
from django.db import connection
from loopgrid_proof.headers import Previous

from ledger import wire
from ledger.errors import ClockDisagrees, Conflict, KeyInProgress, Unavailable
from ledger.queries.ledgers import LedgerRef, forget_open_ledger

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.pq.abc import PGresult

Clock = Callable[[], datetime]

MAX_SKEW = timedelta(seconds=10)
MAX_BEHIND = timedelta(seconds=5)

# Every wait is bounded, and the commit returns before the flush that `flush` makes up for.
LIMITS = (
    "SELECT set_config('synchronous_commit', 'off', true), set_config('lock_timeout', '5s', true),"
    " set_config('statement_timeout', '15s', true),"
    " set_config('idle_in_transaction_session_timeout', '10s', true),"
    # A plan made while the table was empty would scan it for ever.
    " set_config('enable_seqscan', 'off', true);"
)
FLUSH = "SELECT pg_logical_emit_message(true, 'loopgrid', '')"
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
    return moment.astimezone(UTC).isoformat(timespec="microseconds").removesuffix("+00:00") + "Z"


def database_clock(reading: datetime) -> datetime:
    """Return what the database server's clock showed under the lock; it alone dates entries.

    The one seam through which a test sets the clock of the ledger.
    """
    return reading


def raw_connection() -> Connection:
    """Return the thread's own psycopg connection, opened if need be."""
    connection.ensure_connection()
    raw: Connection = connection.connection
    return raw


def locking_script(ledger: LedgerRef) -> str:
    """Return the statements that take the append lock and read the end of the ledger.

    Lock first, then read, each in a statement of its own: a statement's snapshot is taken when it
    begins, and before the lock is granted it would show an end that is no longer the end.
    """
    return (
        f"SELECT pg_advisory_xact_lock({_lock_key(ledger)});"  # noqa: S608  a number and a uuid
        f"SELECT state FROM ledger_ledger WHERE ledger_id = '{ledger.ledger_id}';"
        "SELECT seq, encode(leaf_hash, 'hex'), (extract(epoch FROM t) * 1000000)::int8"
        f" FROM ledger_entry WHERE ledger_id = '{ledger.ledger_id}' ORDER BY seq DESC LIMIT 1;"
        "SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::int8;"
    )


def read_head(ledger: LedgerRef, results: Sequence[PGresult], *, clock: Clock) -> Head:
    """Return the end of the ledger from the last three results of the locking script.

    Raises Conflict for a closed ledger, ClockDisagrees when the clocks are too far apart.
    """
    state, last, reading = results[-3:]
    if not state.ntuples or state.get_value(0, 0) != b"open":
        forget_open_ledger(ledger.workspace_id)
        raise Conflict("This ledger is closed; nothing is appended to it.")
    now = database_clock(wire.moment(reading.get_value(0, 0) or b""))
    skew = abs(now - clock())
    if skew > MAX_SKEW:
        raise ClockDisagrees(f"The clocks differ by {skew.total_seconds():.1f} s.")
    if not last.ntuples:
        return Head(ledger, None, now)
    seq, leaf_hash, microseconds = (last.get_value(0, column) or b"" for column in range(3))
    before = wire.moment(microseconds)
    if before - now > MAX_BEHIND:
        raise ClockDisagrees("The database clock is behind the newest entry.")
    previous = Previous(int(seq), bytes.fromhex(leaf_hash.decode()), write_time(before))
    return Head(ledger, previous, max(now, before))


def _lock_key(ledger: LedgerRef) -> int:
    digest = hashlib.sha256(b"loopgrid.append/v1\n" + ledger.ledger_id.bytes).digest()
    return int.from_bytes(digest[:8], "big", signed=True)


def flush() -> None:
    """Return once everything that was committed before is on disk."""
    wire.run_script(raw_connection(), FLUSH)


@contextmanager
def refusals() -> Iterator[None]:
    """Turn the database's own refusals into errors of this room.

    A lock, time or disk limit and a lost connection are Unavailable; a source number that stands in
    the ledger already is Conflict; a wait for an idempotency key that another request holds is
    KeyInProgress. Everything else is a fault of ours and passes through.
    """
    try:
        yield
    except psycopg.errors.UniqueViolation as fault:
        if "src" in (fault.diag.constraint_name or ""):
            raise Conflict("This source number was recorded before.") from fault
        raise Unavailable("Another writer took this entry's number.") from fault
    except psycopg.errors.LockNotAvailable as fault:
        if "ledger_idempotency" in (fault.diag.context or ""):
            raise KeyInProgress("The first request under this key has not ended yet.") from fault
        raise Unavailable("The ledger is busy; nothing was written.") from fault
    except psycopg.Error as fault:
        state = fault.sqlstate or "08"
        if not state.startswith(_PASSING):
            raise
        raise Unavailable("The ledger cannot take an entry right now.") from fault
