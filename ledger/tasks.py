"""What workers and the scheduler do: each task calls one verb."""

from __future__ import annotations

import logging

from celery import current_app, shared_task
from django.utils import timezone
from kombu.exceptions import OperationalError as BrokerDown

from ledger import indexing, jobs
from ledger.integrity import running, runs

logger = logging.getLogger(__name__)

# Below the broker's visibility time-out, or a run that goes on would be begun a second time.
_LONGEST = 7000


@shared_task(name="ledger.run_integrity", time_limit=_LONGEST, soft_time_limit=_LONGEST - 100)
def run_integrity(job_id: str) -> None:
    """Do one verification run."""
    running.run_integrity(job_id, clock=timezone.now)


@shared_task(name="ledger.request_due_runs")
def request_due_runs() -> None:
    """Ask for the scheduled verification of every ledger."""
    for run_id in running.queue_due_runs(clock=timezone.now):
        wake(runs.KIND, run_id)


@shared_task(name="ledger.wake_waiting", expires=60)
def wake_waiting() -> None:
    """Rescue lost jobs and wake workers for waiting ones."""
    for kind, job_id in jobs.sweep():
        wake(kind, job_id)


@shared_task(name="ledger.catch_up", expires=30)
def catch_up() -> None:
    """Bring search copies and counters up with the ledgers."""
    indexing.catch_up(clock=timezone.now)


@shared_task(name="ledger.forget_expired_keys")
def forget_expired_keys() -> None:
    """Delete idempotency keys whose time is over."""
    jobs.forget_expired_keys()


# The task that does each kind of job.
TASKS = {runs.KIND: run_integrity.name}


def wake(kind: str, job_id: str) -> None:
    """Send the message that wakes a worker; without a broker the sweep sends it later."""
    try:
        current_app.send_task(TASKS[kind], args=[job_id])
    except BrokerDown:
        logger.warning("no broker; job %s waits for the sweep", job_id)
