"""A verification as a job: it can be watched and cancelled, and what it found becomes an entry."""

from __future__ import annotations

import logging
import os
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import InterfaceError, OperationalError
from loopgrid_proof.errors import Fault, Verdict
from loopgrid_proof.headers import NewEntry

from accounts import actors
from accounts.actors import Actor
from ledger import jobs
from ledger.append import Clock, Draft, append_entries, hold, settle_key, take_key
from ledger.content import seal, written
from ledger.errors import LedgerError, Unavailable
from ledger.idempotency import Claim
from ledger.integrity import runs
from ledger.integrity.result import IntegrityResult
from ledger.integrity.verifying import Scope, verify_integrity
from ledger.jobs import Taken
from ledger.queries import LedgerRef, ledger_with_id, open_ledgers
from ledger.transactions import act

logger = logging.getLogger(__name__)

FULL, INCREMENTAL = "full", "incremental"
FULL_EVERY = timedelta(days=1)
MOST_SEALED = 100


def run_integrity(job_id: str, *, clock: Clock) -> None:
    """Do one verification run, unless another worker has it or it is over.

    A passing trouble of the database puts it back into the queue; a broken ledger is a result.
    """
    taken = jobs.take(job_id)
    if taken is None:
        return
    try:
        _run(taken, clock=clock)
    except jobs.Cancelled:
        jobs.finish(taken, "cancelled", message="Cancelled before it ended.")
    except (Unavailable, OperationalError, InterfaceError) as trouble:
        jobs.give_back(taken, error=str(trouble))
    except LedgerError as refused:
        jobs.finish(taken, "failed", error=str(refused))


def _run(taken: Taken, *, clock: Clock) -> None:
    ledger = ledger_with_id(taken.ledger)
    earlier = runs.newest_complete(ledger) if taken.asked.get("mode") == INCREMENTAL else None
    resume = None if earlier is None else earlier.resume
    mode = FULL if resume is None else INCREMENTAL
    result = verify_integrity(ledger, Scope(start=resume, progress=taken.progress))
    full_at = earlier.full_at if earlier and resume and earlier.full_at else result.at
    if result.verdict is Verdict.BROKEN:
        logger.critical("integrity of %s: %s", ledger.origin, result.message)
    kept = runs.summary_of(ledger.ledger_id, result, mode=mode, full_at=full_at)
    if not _becomes_an_entry(ledger, taken, result, mode=mode):
        jobs.finish(taken, "succeeded", result=kept)
        return
    try:
        _record(ledger, taken, result, kept, clock=clock)
    except Unavailable:
        raise
    except (LedgerError, Fault) as refused:
        # A ledger that is damaged at its end, or closed, takes no entry; the verdict still counts.
        logger.warning("the result of run %s became no entry: %s", taken.job_id, refused)
        jobs.finish(taken, "succeeded", result=kept)


def _becomes_an_entry(
    ledger: LedgerRef, taken: Taken, result: IntegrityResult, *, mode: str
) -> bool:
    """Every run asked for, every full one and every failure; intact scheduled ones once a day."""
    scheduled = taken.actor == actors.SCHEDULER
    if not scheduled or mode == FULL or result.verdict is not Verdict.INTACT:
        return True
    return not runs.was_recorded_since(ledger, result.at - FULL_EVERY, mode=INCREMENTAL)


@act
def _record(
    ledger: LedgerRef,
    taken: Taken,
    result: IntegrityResult,
    kept: dict[str, Any],
    *,
    clock: Clock,
) -> None:
    # The row first: no other row may be locked once the append lock is held.
    if not jobs.finish(taken, "succeeded", result=kept):
        return
    draft = _draft(result, taken.actor, mode=kept["mode"])
    appended = append_entries(hold(ledger, clock=clock), [draft])[0]
    jobs.amend(taken, {**kept, "seq": appended.header.seq})


def _draft(result: IntegrityResult, actor: Actor, *, mode: str) -> Draft:
    verification = result.verification
    facts: dict[str, Any] = {
        "mode": mode,
        "verdict": result.verdict.value,
        "size": verification.size,
    }
    decisive = [one for one in verification.findings if one.code[0] != "W"]
    code = result.finding.code if result.finding else decisive[0].code if decisive else None
    if code is not None:
        facts["code"] = code
    if mode == FULL:
        facts |= _part_counts(verification.counts)
    pieces = []
    if verification.findings:
        listed = [one.as_json() for one in verification.findings[:MOST_SEALED]]
        pieces.append(written("findings", listed, cls="n"))
    details = actor.personal_details()
    if details is not None:
        pieces.append(written("actor", details))
    parts = seal(pieces, draw=os.urandom)
    refs = tuple(part.ref for part in parts)
    return Draft(NewEntry("ledger.verified", actor.header(), facts=facts, parts=refs), parts)


def _part_counts(counts: Any) -> dict[str, int]:
    match = counts.get("parts_match", 0)
    lost = counts.get("parts_missing", 0)
    altered = counts.get("parts_altered", 0)
    return {"checked": match + lost + altered, "match": match, "gone": 0, "lost": lost}


def due_mode(ledger: LedgerRef, *, at: datetime) -> str:
    """Return how the next scheduled run has to be: full when the last full one is a day old."""
    last = runs.newest_complete(ledger)
    if last is None or last.resume is None or last.full_at is None:
        return FULL
    return FULL if at - last.full_at >= FULL_EVERY else INCREMENTAL


def queue_due_runs(*, clock: Clock) -> list[str]:
    """Put the scheduled run of every open ledger into the queue and return the ids.

    A ledger whose last scheduled run still waits gets no second one.
    """
    found = []
    for ledger in open_ledgers():
        asked = {"mode": due_mode(ledger, at=clock())}
        if jobs.waiting(ledger, runs.KIND, asked=asked) is None:
            found.append(jobs.add(ledger, runs.KIND, actor=actors.SCHEDULER, asked=asked))
    return found


@dataclass(frozen=True, slots=True)
class Queued:
    """The run that answers a request.

    `replayed` if an earlier request under the same key made it; `is_new` unless it waited already.
    """

    run_id: str
    replayed: bool = False
    is_new: bool = False


@act
def queue_run(ledger: LedgerRef, *, actor: Actor, claim: Claim | None = None) -> Queued:
    """Put a full verification of a ledger into the queue.

    One that waits already is the answer to a second request: it fixes its end when it begins.
    Raises KeyReused if the idempotency key stood for another request.
    """
    earlier = None if claim is None else take_key(ledger, claim)
    if earlier is not None:
        return Queued(earlier.result or "", replayed=True)
    asked = {"mode": FULL}
    waits = jobs.waiting(ledger, runs.KIND, asked=asked)
    run_id = waits or jobs.add(ledger, runs.KIND, actor=actor, asked=asked)
    if claim is not None:
        settle_key(ledger, claim, seq=None, result=run_id)
    return Queued(run_id, is_new=waits is None)
