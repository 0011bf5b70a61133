"""Group commit inside a process, for recording alone.

Requests that arrive together share one act: the first to come leads, takes the append lock once,
gives every waiting request its numbers and commits for all. Leadership passes on before the flush,
so that the next group is appended while the disk writes. With one request waiting it adds a lock
and an event.

A request whose own entries cannot stand fails alone: on a database error the leader rolls back and
retries each request by itself.
"""

from __future__ import annotations

import threading
from collections import deque
from collections.abc import Mapping
from typing import TYPE_CHECKING
from uuid import UUID

import psycopg
from django.db import connection
from loopgrid_proof.errors import Fault

from ledger import idempotency, wire
from ledger.append.locking import (
    FLUSH,
    LIMITS,
    Clock,
    Head,
    locking_script,
    raw_connection,
    read_head,
    refusals,
)
from ledger.append.placing import Appended, place
from ledger.append.storing import store
from ledger.append.tickets import Outcome, Prepared, Ticket
from ledger.errors import Conflict, KeyReused, LedgerError, Unavailable
from ledger.idempotency import Done, Earlier, Place

if TYPE_CHECKING:
    from psycopg import Connection

MAX_GROUP_DRAFTS = 1000
# Longer than every limit the leader itself is under, so it is only reached when a thread was lost.
LONGEST_WAIT = 60.0


class _Line:
    """The requests of one ledger that wait, and whether somebody leads them."""

    def __init__(self) -> None:
        self.mutex = threading.Lock()
        self.waiting: deque[Ticket] = deque()
        self.led = False


_lines: dict[UUID, _Line] = {}
_lines_mutex = threading.Lock()


def append_grouped(prepared: Prepared, *, clock: Clock) -> list[Outcome] | Earlier:
    """Append one request's drafts and return an outcome for each, in order, once they are durable.

    Returns what an earlier request left when the request's key was used before. Refuses to run
    inside a transaction. Raises Unavailable (nothing was written), KeyInProgress, KeyReused,
    Conflict.
    """
    if connection.in_atomic_block:
        raise RuntimeError("recording opens its own act and cannot be part of another one")
    with _lines_mutex:
        line = _lines.setdefault(prepared.ledger.ledger_id, _Line())
    ticket = Ticket(prepared, clock)
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


def _wait(line: _Line, ticket: Ticket) -> None:
    if ticket.done.wait(LONGEST_WAIT):
        return
    with line.mutex:
        if ticket in line.waiting and not ticket.leads:
            line.waiting.remove(ticket)
            raise Unavailable("The ledger is busy; nothing was written.")
    ticket.done.wait()


def _lead(line: _Line, own: Ticket) -> None:
    group = _take_group(line, own)
    passing = _Passing(line)
    try:
        _append_group(group, passing)
    except BaseException as fault:
        _fail(group, fault)
        raise
    finally:
        passing.now()
    for ticket in group:
        if ticket is not own:
            ticket.done.set()


class _Passing:
    """Hands leadership to the next waiting request, once, as soon as the lock is free."""

    def __init__(self, line: _Line) -> None:
        self.line: _Line | None = line

    @property
    def wanted(self) -> bool:
        """Whether somebody waits; then the next group need not wait for this one's flush."""
        return bool(self.line and self.line.waiting)

    def now(self) -> None:
        """Pass leadership on, or leave the line to the next to come."""
        line, self.line = self.line, None
        if line is None:
            return
        with line.mutex:
            if line.waiting:
                line.waiting[0].leads = True
                line.waiting[0].done.set()
            else:
                line.led = False


def _take_group(line: _Line, own: Ticket) -> list[Ticket]:
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


def _key(ticket: Ticket) -> Place | None:
    claim = ticket.prepared.claim
    return claim.place if claim else None


def _fail(group: list[Ticket], fault: BaseException) -> None:
    error = fault if isinstance(fault, Exception) else Unavailable("The writer was interrupted.")
    for ticket in group:
        ticket.error = error
        ticket.done.set()


def _append_group(group: list[Ticket], passing: _Passing) -> None:
    """Run the act for the group; when it fails, one act for each, so that only the guilty fail.

    What fails from the commit on is not tried again: the entries may stand, and a second act would
    double them. Those requests are not acknowledged, and a retry under their key finds out.
    """
    try:
        _one_act(group, passing)
    except (psycopg.Error, LedgerError) as fault:
        if len(group) == 1 or isinstance(fault, _Unconfirmed):
            for ticket in group:
                ticket.error = _refusal(fault)
            return
        for ticket in group:
            ticket.start_over()
            try:
                _one_act([ticket], passing)
            except (psycopg.Error, LedgerError) as own_fault:
                ticket.error = _refusal(own_fault)


class _Unconfirmed(Unavailable):
    """The commit or the flush behind it failed: whether the entries stand is not known here."""


def _refusal(fault: Exception) -> Exception:
    """Return the error of this room that a database error stands for."""
    try:
        with refusals():
            raise fault  # noqa: TRY301  `refusals` turns what passes through it
    except Exception as error:  # noqa: BLE001  the waiting thread raises it again
        return error


def _one_act(group: list[Ticket], passing: _Passing) -> None:
    raw = _usable_connection()
    try:
        _fill_act(raw, group)
        _commit(raw, passing)
    except BaseException:
        _roll_back(raw)
        raise


def _commit(raw: Connection, passing: _Passing) -> None:
    try:
        if passing.wanted:
            wire.run_script(raw, "COMMIT")
            passing.now()
            wire.run_script(raw, FLUSH)
        else:
            # One message: the lock is free as soon as the commit stands in the log, and the answer
            # comes back when the flush behind it is done.
            wire.run_script(raw, f"COMMIT; {FLUSH}")
    except psycopg.Error as fault:
        raise _Unconfirmed(
            "The ledger did not confirm the entry; retry with the same key."
        ) from fault


def _usable_connection() -> Connection:
    raw = raw_connection()
    if raw.closed or raw.broken:
        # Nothing was sent yet, so a fresh connection is safe; a statement that fails later is not
        # repeated by itself.
        connection.close()
        raw = raw_connection()
    return raw


def _roll_back(raw: Connection) -> None:
    """End what is open; after a commit there is nothing and the server only says so."""
    try:
        wire.run_script(raw, "ROLLBACK")
    except psycopg.Error:
        # The connection is gone and the server rolls back by itself; the next request reconnects.
        connection.close()


def _fill_act(raw: Connection, group: list[Ticket]) -> None:
    prepared = group[0].prepared
    ledger = prepared.ledger
    claims = [claim for ticket in group for claim in ticket.prepared.claims]
    claiming = idempotency.claiming_script(raw, ledger.ledger_id, claims) if claims else ""
    results = wire.run_script(raw, f"BEGIN;{LIMITS}{claiming}{locking_script(ledger)}")
    before: Mapping[Place, Earlier | KeyReused] = {}
    if claims:
        free = idempotency.free_places(results[2])
        before = idempotency.stands_for(raw, ledger.ledger_id, claims, free=free)
    head = read_head(ledger, results, clock=group[0].clock)
    everything: list[Appended] = []
    done: list[Done] = []
    for ticket in group:
        if not ticket.answered_by(before):
            _refuse_known_sources(raw, ticket)
            placed = _place_ticket(head, ticket)
            done += ticket.done_claims()
            if placed:
                everything += placed
                head = Head(ledger, placed[-1].header.as_previous, head.at)
    store(raw, ledger.ledger_id, everything, done)


def _refuse_known_sources(raw: Connection, ticket: Ticket) -> None:
    """Refuse the items of a batch whose source number stands in the ledger or earlier in the batch.

    A single decision needs no look: the unique key refuses it, and nothing else is lost with it.
    Raises Conflict when one refused item refuses the whole request.
    """
    prepared = ticket.prepared
    sources = {
        index: source
        for index, draft in enumerate(prepared.drafts)
        if (source := draft.entry.src) and ticket.outcomes[index] == Outcome()
    }
    if len(prepared.drafts) == 1 or not sources:
        return
    ids, numbers = zip(*sources.values(), strict=True)
    known = raw.execute(
        "SELECT src_id, src_n FROM ledger_entry JOIN unnest(%s::text[], %s::bigint[])"
        " AS wanted (id, n) ON src_id = wanted.id AND src_n = wanted.n WHERE ledger_id = %s",
        (list(ids), list(numbers), prepared.ledger.ledger_id),
    ).fetchall()
    taken = set(known)
    for index, source in sources.items():
        if source in taken:
            refused = Conflict("This source number was recorded before.")
            ticket.outcomes[index] = Outcome(refused=refused)
            if prepared.whole:
                raise refused
        taken.add(source)


def _place_ticket(head: Head, ticket: Ticket) -> list[Appended]:
    waiting = [index for index, outcome in enumerate(ticket.outcomes) if outcome == Outcome()]
    try:
        placed = place(head, [ticket.prepared.drafts[index] for index in waiting], {})
    except Fault as fault:
        ticket.error = fault
        return []
    for index, appended in zip(waiting, placed, strict=True):
        ticket.outcomes[index] = Outcome(appended=appended)
    return placed
