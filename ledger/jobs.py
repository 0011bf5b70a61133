"""Long work as rows: who asked, how far it is, and how it ended. The row is the truth.

A message only wakes a worker. Taking a job is one UPDATE that looks at the state, so a message that
comes twice does nothing, and a job whose worker died goes back to the queue.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from typing import Any
from uuid import UUID

from django.db import connection
from django.db.models import F
from django.db.models.functions import Now

from accounts.actors import Actor
from ledger import idempotency
from ledger.errors import Conflict, LedgerError, NotFound
from ledger.models import Heartbeat, Job
from ledger.queries import LedgerRef

MAX_ATTEMPTS = 3
# A job nobody took in this time lost its message; one that says nothing for longer lost its worker.
UNTAKEN = timedelta(seconds=30)
SILENT = timedelta(seconds=90)

_PROGRESS = """
UPDATE ledger_job SET done = %s, total = %s, heartbeat_at = clock_timestamp()
WHERE job_id = %s AND state = 'running' AND attempts = %s
  AND heartbeat_at < clock_timestamp() - interval '1 second'
RETURNING cancel_asked
"""


class Cancelled(LedgerError):
    """Somebody asked for the job to end; what it did so far counts for nothing."""


@dataclass(frozen=True, slots=True)
class JobState:
    """A job as its owner sees it; `total` is None while nobody knows how long it is."""

    job_id: str
    kind: str
    state: str
    done: int
    total: int | None
    message: str
    error: str
    created_at: datetime
    heartbeat_at: datetime | None
    finished_at: datetime | None


@dataclass(frozen=True, slots=True)
class Taken:
    """A job that this process works on; `attempt` tells it from a process that lost it."""

    job_id: str
    attempt: int
    ledger: UUID
    actor: Actor
    asked: Mapping[str, Any]

    def progress(self, done: int, total: int) -> None:
        """Say how far the work is, at most once a second. Raises Cancelled if it should end."""
        with connection.cursor() as cursor:
            cursor.execute(_PROGRESS, (done, total, self.job_id, self.attempt))
            row = cursor.fetchone()
        if row is not None and row[0]:
            raise Cancelled("The job was cancelled.")


def add(ledger: LedgerRef, kind: str, *, actor: Actor, asked: Mapping[str, Any]) -> str:
    """Put a job into the queue and return its id; waking a worker is the caller's."""
    row = Job.objects.create(
        ledger_id=ledger.ledger_id, kind=kind, actor=asdict(actor), asked=dict(asked)
    )
    return row.job_id


def waiting(ledger: LedgerRef, kind: str, *, asked: Mapping[str, Any]) -> str | None:
    """Return a job like this that nobody has begun, so that asking twice is one job."""
    return (
        Job.objects.filter(ledger_id=ledger.ledger_id, kind=kind, state="queued", asked=dict(asked))
        .values_list("job_id", flat=True)
        .first()
    )


def take(job_id: str) -> Taken | None:
    """Begin a queued job, or return None because somebody else has it or it is over."""
    taken = Job.objects.filter(job_id=job_id, state="queued").update(
        state="running",
        started_at=Now(),
        heartbeat_at=Now(),
        attempts=F("attempts") + 1,
        done=0,
        message="",
    )
    if not taken:
        return None
    row = Job.objects.get(job_id=job_id)
    return Taken(row.job_id, row.attempts, row.ledger_id, actor_of(row.actor), row.asked)


def actor_of(kept: Mapping[str, Any]) -> Actor:
    """Return the actor who was copied into a job when it was asked for."""
    return Actor(**{**kept, "roles": tuple(kept.get("roles") or ())})


def finish(
    taken: Taken,
    state: str,
    *,
    result: Mapping[str, Any] | None = None,
    message: str = "",
    error: str = "",
) -> bool:
    """End a job; False if it is no longer this process's to end."""
    return bool(
        _mine(taken).update(
            state=state,
            result=None if result is None else dict(result),
            message=message[:200],
            error=error[:200],
            finished_at=Now(),
            heartbeat_at=Now(),
        )
    )


def amend(taken: Taken, result: Mapping[str, Any]) -> None:
    """Put a result in the place of the one a finished job was given."""
    Job.objects.filter(job_id=taken.job_id, attempts=taken.attempt).update(result=dict(result))


def give_back(taken: Taken, *, error: str) -> None:
    """Put a job back into the queue after a passing trouble, or end it when it was tried enough."""
    if taken.attempt >= MAX_ATTEMPTS:
        finish(taken, "failed", error=error)
    else:
        _mine(taken).update(state="queued", error=error[:200], heartbeat_at=Now())


def _mine(taken: Taken) -> Any:
    return Job.objects.filter(job_id=taken.job_id, state="running", attempts=taken.attempt)


def cancel(ledger: LedgerRef, job_id: str, *, actor: Actor) -> JobState:
    """Ask a job to end: a waiting one ends at once, a running one when it next looks up.

    Raises NotFound unless the actor asked for the job, Conflict once it is over.
    """
    job = _owned(ledger, actor).filter(job_id=job_id)
    ended = job.filter(state="queued").update(state="cancelled", finished_at=Now())
    if not ended and not job.filter(state="running").update(cancel_asked=True):
        state_of(ledger, job_id, actor=actor)
        raise Conflict("The job is over; there is nothing left to cancel.")
    return state_of(ledger, job_id, actor=actor)


def state_of(ledger: LedgerRef, job_id: str, *, actor: Actor) -> JobState:
    """Return a job that this actor asked for. Raises NotFound."""
    row = _owned(ledger, actor).filter(job_id=job_id).first()
    if row is None:
        raise NotFound("Job not found.")
    return _state(row)


def states_of(
    ledger: LedgerRef, *, actor: Actor, before: str | None = None, limit: int = 50
) -> list[JobState]:
    """Return up to `limit` jobs this actor asked for, newest first, older than job `before`."""
    rows = _owned(ledger, actor).order_by("-job_id")
    if before is not None:
        rows = rows.filter(job_id__lt=before)
    return [_state(row) for row in rows[:limit]]


def _owned(ledger: LedgerRef, actor: Actor) -> Any:
    return Job.objects.filter(
        ledger_id=ledger.ledger_id, actor__type=actor.type, actor__id=actor.id
    )


def _state(row: Job) -> JobState:
    return JobState(
        row.job_id,
        row.kind,
        row.state,
        row.done,
        row.total,
        row.message,
        row.error,
        row.created_at,
        row.heartbeat_at,
        row.finished_at,
    )


def sweep() -> list[tuple[str, str]]:
    """Rescue lost jobs and return (kind, id) of every job that a worker should be woken for.

    A job whose worker fell silent goes back to the queue, until it was tried often enough.
    """
    silent = Job.objects.filter(state="running", heartbeat_at__lt=Now() - SILENT)
    silent.filter(attempts__gte=MAX_ATTEMPTS).update(
        state="failed", error="The worker died, three times.", finished_at=Now()
    )
    silent.update(state="queued", error="The worker fell silent; the job waits for another.")
    untaken = Job.objects.filter(state="queued", created_at__lt=Now() - UNTAKEN)
    return list(untaken.order_by("created_at").values_list("kind", "job_id"))


def note_heartbeat(name: str) -> None:
    """Say that the process of this name lives."""
    Heartbeat.objects.update_or_create(name=name, defaults={"seen_at": Now()})


def forget_expired_keys() -> int:
    """Delete idempotency keys whose time is over and return their number."""
    connection.ensure_connection()
    return idempotency.forget_expired(connection.connection)
