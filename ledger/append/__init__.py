"""The only writer of the ledger.

Every fact the product keeps passes through this room. It holds the append lock for the length of a
few inserts, so entries have one order and no gaps, and it frees the lock before the disk answers:
the commit returns at once and a flush follows before anything is acknowledged.

`hold` and `append_entries` are for every verb inside its act; `append_grouped` is for recording,
called outermost, and opens the act itself so that concurrent requests can share one.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import connection

from ledger import idempotency, projection, wire
from ledger.append.grouping import append_grouped
from ledger.append.locking import (
    LIMITS,
    Clock,
    Head,
    database_clock,
    flush,
    locking_script,
    raw_connection,
    read_head,
    refusals,
    write_time,
)
from ledger.append.placing import Appended, Draft, admission_mac, last_ordinals, place
from ledger.append.storing import store
from ledger.append.tickets import Outcome, Prepared
from ledger.idempotency import Claim, Done, Earlier
from ledger.queries.ledgers import LedgerRef
from ledger.states import Standing

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
    "settle_key",
    "standing_under",
    "take_key",
    "write_time",
]


class OutsideAct(RuntimeError):
    """An entry was to be appended outside a transaction: a fault of the caller."""


def hold(ledger: LedgerRef, *, clock: Clock) -> Head:
    """Take the append lock until the act ends and return the end of the ledger.

    What the verb reads after this cannot change before its entries stand. Operational rows are
    locked before, never after. Raises Unavailable, ClockDisagrees or Conflict; OutsideAct without
    an act.
    """
    if not connection.in_atomic_block:
        raise OutsideAct("hold() is called inside an act")
    raw = raw_connection()
    with refusals():
        # Through the driver, which begins the transaction with the first statement it sends.
        raw.execute(LIMITS)
        head = read_head(ledger, wire.run_script(raw, locking_script(ledger)), clock=clock)
    _flush_on_commit()
    return head


def take_key(ledger: LedgerRef, claim: Claim) -> Earlier | None:
    """Take an idempotency key inside the act; return what it stood for before, if anything.

    Comes before `hold`, because operational rows are locked first. Raises KeyReused, KeyInProgress
    and Unavailable; OutsideAct without an act.
    """
    if not connection.in_atomic_block:
        raise OutsideAct("take_key() is called inside an act")
    raw = raw_connection()
    with refusals():
        raw.execute(LIMITS)
        return idempotency.claim_key(raw, ledger.ledger_id, claim)


def settle_key(ledger: LedgerRef, claim: Claim, *, seq: int | None, result: str) -> None:
    """Write what a key that this act took stands for from now on."""
    with refusals():
        idempotency.complete(raw_connection(), ledger.ledger_id, Done(claim, seq, result))


def standing_under(head: Head, decision_id: str) -> Standing | None:
    """Return where a decision stands while the lock is held, or None if there is no such one."""
    with refusals(), raw_connection().cursor() as cursor:
        return projection.standing_of(cursor, head.ledger.ledger_id, decision_id)


def append_entries(
    head: Head, drafts: Iterable[Draft], *, before: Standing | None = None
) -> list[Appended]:
    """Append these drafts after `head` and return them with their places.

    Drafts that continue a decision come with `before`, where it stands by the lock that is held;
    its rows are brought up to date with them.

    The act's commit returns before the disk does and the flush is the first thing done on commit:
    when the verb returns outside its act, the entries are durable or an error was raised.
    """
    if not connection.in_atomic_block:
        raise OutsideAct("append_entries() is called inside an act")
    waiting = list(drafts)
    raw, ledger_id = raw_connection(), head.ledger.ledger_id
    with refusals():
        placed = place(head, waiting, last_ordinals(raw, head, waiting))
        store(raw, ledger_id, placed)
        if before is not None:
            headers = [item.header for item in placed]
            projection.project(raw, ledger_id, headers, before=before)
    return placed


def _flush_on_commit() -> None:
    # The front of the list: a task or mail that leaves the database must find the entry durable.
    # Not robust, so that a failed flush reaches the caller and nothing is acknowledged.
    # Django's list holds (savepoint ids, hook, robust), which its type stubs do not know.
    hooks: list[Any] = connection.run_on_commit
    if all(hook[1] is not _flush_refusing for hook in hooks):
        hooks.insert(0, (set(connection.savepoint_ids), _flush_refusing, False))


def _flush_refusing() -> None:
    with refusals():
        flush()
