"""Group commit inside a process, for recording alone.

Requests that arrive together share one act: the first to come leads, takes the append lock once, gives
every waiting request its numbers and commits for all. Leadership passes on before the flush, so that
the next group is appended while the disk writes. With one request waiting it adds a lock and an event.

A request whose own entries cannot stand fails alone: on a database error the leader rolls back and
retries each request by itself.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
from django.db import connection
from loopgrid_proof.errors import Fault

from ledger import idempotency, projection
from ledger.append.locking import (
    Clock,
    Head,
    flush,
    key_waits,
    lock_ledger,
    raw_connection,
    refusals,
    set_limits,
)
from ledger.append.placing import Appended, Draft, insert_appended, place
from ledger.errors import KeyReused, LedgerError, Unavailable
from ledger.idempotency import Claim, Earlier
from ledger.queries.ledgers import LedgerRef

if TYPE_CHECKING:
    from psycopg import Cursor

MAX_GROUP_DRAFTS = 1000
# Longer than every limit the leader itself is under, so it is only reached when a thread was lost.
LONGEST_WAIT = 60.0


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item: appended now, or `earlier` under its key, or `refused`."""

    appended: Appended | None = None
    earlier: Earlier | None = None
    refused: Exception | None = None


@dataclass(slots=True)
class Prepared:
    """One request, with everything done that needs no lock.

    `claim` is the key of the whole request, `item_claims` those of its items (None where an item has
    none). With `whole`, a refused item refuses the request. `ids` name what each item makes, `render`
    writes the text kept under the request's key.
    """

    ledger: LedgerRef
    drafts: Sequence[Draft]
    claim: Claim | None = None
    item_claims: Sequence[Claim | None] = ()
    whole: bool = False
    render: Callable[[Sequence[Outcome]], str] | None = None

    @property
    def alone(self) -> bool:
        """Whether this request keeps an act to itself: one with item keys may have to roll back."""
        return any(self.item_claims) or self.whole


@dataclass(slots=True)
class _Ticket:
    prepared: Prepared
    clock: Clock
    done: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    outcomes: list[Outcome] | None = None
    replay: Earlier | None = None
    error: BaseException | None = None


class _Line:
    """The requests of one ledger that wait, and whether somebody leads them."""

    def __init__(self) -> None:
        self.mutex = threading.Lock()
        self.waiting: deque[_Ticket] = deque()
        self.led = False


_lines: dict[UUID, _Line] = {}
_lines_mutex = threading.Lock()


def append_grouped(prepared: Prepared, *, clock: Clock) -> list[Outcome] | Earlier:
    """Append one request's drafts and return an outcome for each, in order, once they are durable.

    Returns what an earlier request left when the request's key was used before. Refuses to run inside
    a transaction. Raises Unavailable (nothing was written), KeyInProgress, KeyReused, Conflict.
    """
    if connection.in_atomic_block:
        raise RuntimeError("recording opens its own act and cannot be part of another one")
    with _lines_mutex:
        line = _lines.setdefault(prepared.ledger.ledger_id, _Line())
    ticket = _Ticket(prepared, clock)
    with line.mutex:
        line.waiting.append(ticket)
        ticket.leads, line.led = not line.led, True
    if not ticket.leads:
        _wait(line, ticket)
    if ticket.leads:
        _lead(line, ticket)
    if ticket.error is not None:
        raise ticket.error
    if ticket.replay is not None:
        return ticket.replay
    assert ticket.outcomes is not None
    return ticket.outcomes


def _wait(line: _Line, ticket: _Ticket) -> None:
    if ticket.done.wait(LONGEST_WAIT):
        return
    with line.mutex:
        if ticket in line.waiting and not ticket.leads:
            line.waiting.remove(ticket)
            raise Unavailable("The ledger is busy; nothing was written.")
    ticket.done.wait()


def _lead(line: _Line, own: _Ticket) -> None:
    group = _take_group(line, own)
    try:
        committed = _append_group(group)
    except BaseException as fault:
        _fail(group, fault)
        raise
    finally:
        _pass_on(line)
    try:
        if committed:
            with refusals():
                flush()
    except BaseException as fault:
        _fail(group, fault)
        raise
    _release(group, own)


def _take_group(line: _Line, own: _Ticket) -> list[_Ticket]:
    """Take the leader's own request and as many waiting ones as can share its act."""
    with line.mutex:
        line.waiting.remove(own)
        group, drafts = [own], len(own.prepared.drafts)
        keys = {_key(own)} if own.prepared.claim else set()
        while line.waiting and not own.prepared.alone:
            other = line.waiting[0]
            drafts += len(other.prepared.drafts)
            # The same key twice in one act would find its own unfinished row.
            if other.prepared.alone or drafts > MAX_GROUP_DRAFTS or _key(other) in keys:
                break
            keys |= {_key(other)} if other.prepared.claim else set()
            group.append(line.waiting.popleft())
        return group


def _key(ticket: _Ticket) -> tuple[str, str] | None:
    claim = ticket.prepared.claim
    return (claim.actor, claim.key) if claim else None


def _pass_on(line: _Line) -> None:
    with line.mutex:
        if line.waiting:
            line.waiting[0].leads = True
            line.waiting[0].done.set()
        else:
            line.led = False


def _fail(group: list[_Ticket], fault: BaseException) -> None:
    error = fault if isinstance(fault, Exception) else Unavailable("The writer was interrupted.")
    for ticket in group:
        ticket.error = error
        ticket.done.set()


def _release(group: list[_Ticket], own: _Ticket) -> None:
    for ticket in group:
        if ticket is not own:
            ticket.done.set()


def _append_group(group: list[_Ticket]) -> bool:
    """Run the act for the group; on a database error, one act for each. Returns whether to flush."""
    try:
        _one_act(group)
    except (psycopg.Error, LedgerError) as fault:
        if len(group) == 1:
            _record_error(group[0], fault)
            return True
        for ticket in group:
            try:
                _one_act([ticket])
            except (psycopg.Error, LedgerError) as own_fault:
                _record_error(ticket, own_fault)
    return True


def _record_error(ticket: _Ticket, fault: Exception) -> None:
    try:
        with refusals():
            raise fault
    except Exception as error:  # noqa: BLE001  the waiting thread raises it again
        ticket.error = error


def _one_act(group: list[_Ticket]) -> None:
    raw = _usable_connection()
    with raw.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            _fill_act(cursor, group)
            cursor.execute("COMMIT")
        except BaseException:
            _roll_back(raw)
            raise


def _usable_connection() -> psycopg.Connection:
    raw = raw_connection()
    if raw.closed or raw.broken:
        # Nothing was sent yet, so a fresh connection is safe; a statement that fails later is not
        # repeated by itself.
        connection.close()
        raw = raw_connection()
    return raw


def _roll_back(raw: psycopg.Connection) -> None:
    try:
        raw.execute("ROLLBACK")
    except psycopg.Error:
        # The connection is gone and the server rolls back by itself; the next request reconnects.
        connection.close()


def _fill_act(cursor: Cursor, group: list[_Ticket]) -> None:
    set_limits(cursor)
    open_tickets = [ticket for ticket in group if _claim(cursor, ticket)]
    if not open_tickets:
        return
    prepared = open_tickets[0].prepared
    head = lock_ledger(cursor, prepared.ledger, clock=open_tickets[0].clock)
    everything: list[Appended] = []
    for ticket in open_tickets:
        placed = _place_ticket(head, ticket)
        if placed:
            everything += placed
            head = Head(head.ledger, placed[-1].header.as_previous, head.at)
    insert_appended(cursor, head.ledger.ledger_id, everything)
    projection.project(
        cursor, head.ledger.ledger_id, [(item.header, item.content_hash) for item in everything]
    )
    for ticket in open_tickets:
        _complete(cursor, ticket)


def _claim(cursor: Cursor, ticket: _Ticket) -> bool:
    """Take the request's keys; False when the request is answered by what they stood for."""
    prepared = ticket.prepared
    ledger_id = prepared.ledger.ledger_id
    if prepared.claim:
        with key_waits():
            before = idempotency.claim_keys(cursor, ledger_id, [prepared.claim])
        found = before.get(prepared.claim.key)
        if isinstance(found, KeyReused):
            ticket.error = found
        elif found is not None:
            ticket.replay = found
        if found is not None:
            return False
    ticket.outcomes = [Outcome()] * len(prepared.drafts)
    claims = [claim for claim in prepared.item_claims if claim]
    with key_waits():
        before = idempotency.claim_keys(cursor, ledger_id, claims)
    for index, claim in enumerate(prepared.item_claims):
        found = before.get(claim.key) if claim else None
        if isinstance(found, KeyReused):
            ticket.outcomes[index] = Outcome(refused=found)
        elif found is not None:
            ticket.outcomes[index] = Outcome(earlier=found)
    refused = [outcome.refused for outcome in ticket.outcomes if outcome.refused]
    if refused and prepared.whole:
        raise refused[0]
    return True


def _place_ticket(head: Head, ticket: _Ticket) -> list[Appended]:
    outcomes = ticket.outcomes or []
    waiting = [index for index, outcome in enumerate(outcomes) if outcome == Outcome()]
    try:
        placed = place(head, [ticket.prepared.drafts[index] for index in waiting], {})
    except Fault as fault:
        ticket.error = fault
        return []
    for index, appended in zip(waiting, placed, strict=True):
        outcomes[index] = Outcome(appended=appended)
    return placed


def _complete(cursor: Cursor, ticket: _Ticket) -> None:
    """Write what the request's keys stand for from now on."""
    prepared, outcomes = ticket.prepared, ticket.outcomes or []
    if ticket.error or not outcomes:
        return
    ledger_id = prepared.ledger.ledger_id
    done = [
        (claim, outcome.appended.header)
        for claim, outcome in zip(prepared.item_claims, outcomes, strict=False)
        if claim and outcome.appended
    ]
    if done:
        rows = [(claim.key, header.seq, header.rec) for claim, header in done]
        idempotency.complete_keys(cursor, ledger_id, done[0][0].actor, rows)
    if prepared.claim:
        first = next((o.appended.header for o in outcomes if o.appended), None)
        text = prepared.render(outcomes) if prepared.render else first.rec if first else None
        row = (prepared.claim.key, first.seq if first else None, text)
        idempotency.complete_keys(cursor, ledger_id, prepared.claim.actor, [row])
