"""The only writer of the ledger.

Every fact the product keeps passes through this room. It holds the append lock for the length of a
few inserts, so entries have one order and no gaps, and it frees the lock before the disk answers:
the commit returns at once and a flush follows before anything is acknowledged.

`hold` and `append_entries` are for every verb inside its act; `append_grouped` is for recording, called
outermost, and opens the act itself so that concurrent requests can share one.
"""

from __future__ import annotations

from collections.abc import Iterable

from django.db import connection

from ledger import projection
from ledger.append.grouping import Outcome, Prepared, append_grouped
from ledger.append.locking import (
    Clock,
    Head,
    database_clock,
    flush,
    lock_ledger,
    raw_connection,
    refusals,
    set_limits,
    write_time,
)
from ledger.append.placing import (
    Appended,
    Draft,
    admission_mac,
    insert_appended,
    last_ordinals,
    place,
)
from ledger.queries.ledgers import LedgerRef

__all__ = [
    "Appended",
    "Clock",
    "Draft",
    "Head",
    "Outcome",
    "OutsideAct",
    "Prepared",
    "admission_mac",
    "append_entries",
    "append_grouped",
    "database_clock",
    "flush",
    "hold",
    "write_time",
]


class OutsideAct(RuntimeError):
    """An entry was to be appended outside a transaction: a fault of the caller."""


def hold(ledger: LedgerRef, *, clock: Clock) -> Head:
    """Take the append lock until the act ends and return the end of the ledger.

    What the verb reads after this cannot change before its entries stand. Operational rows are locked
    before, never after. Raises Unavailable, ClockDisagrees or Conflict; OutsideAct without an act.
    """
    if not connection.in_atomic_block:
        raise OutsideAct("hold() is called inside an act")
    with refusals(), raw_connection().cursor() as cursor:
        set_limits(cursor)
        head = lock_ledger(cursor, ledger, clock=clock)
    _flush_on_commit()
    return head


def append_entries(head: Head, drafts: Iterable[Draft]) -> list[Appended]:
    """Append these drafts after `head`, project them, and return them with their places.

    The act's commit returns before the disk does and the flush is the first thing done on commit: when
    the verb returns outside its act, the entries are durable or an error was raised.
    """
    if not connection.in_atomic_block:
        raise OutsideAct("append_entries() is called inside an act")
    waiting = list(drafts)
    with refusals(), raw_connection().cursor() as cursor:
        placed = place(head, waiting, last_ordinals(cursor, head, waiting))
        insert_appended(cursor, head.ledger.ledger_id, placed)
        projection.project(
            cursor, head.ledger.ledger_id, [(item.header, item.content_hash) for item in placed]
        )
    return placed


def _flush_on_commit() -> None:
    # The front of the list: a task or mail that leaves the database must find the entry durable. Not
    # robust, so that a failed flush reaches the caller and nothing is acknowledged.
    if all(hook is not _flush_refusing for _ids, hook, _robust in connection.run_on_commit):
        savepoints = set(connection.savepoint_ids)
        connection.run_on_commit.insert(0, (savepoints, _flush_refusing, False))


def _flush_refusing() -> None:
    with refusals():
        flush()
