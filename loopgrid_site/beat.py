"""The scheduler and the worker say that they live: a row each, every half minute.

Neither says it through a task: a full queue would make a living process look dead.
"""

from __future__ import annotations

import logging
import time
from typing import Any

from celery import bootsteps
from celery.beat import PersistentScheduler
from django.db import DatabaseError, connection

EVERY_S = 30.0
logger = logging.getLogger(__name__)


def say(name: str) -> None:
    """Write the heartbeat of a process; a database that is away is no reason to end."""
    from ledger import jobs

    try:
        jobs.note_heartbeat(name)
    except DatabaseError as fault:
        logger.warning("no heartbeat of %s: %s", name, type(fault).__name__)
    finally:
        connection.close()


class Scheduler(PersistentScheduler):
    """Celery's own scheduler, with a heartbeat between its ticks."""

    _said_at: float | None = None

    def tick(self, *args: Any, **kwargs: Any) -> float:
        """Send what is due, and return how long to wait: never beyond the next heartbeat."""
        now = time.monotonic()
        if self._said_at is None or now - self._said_at >= EVERY_S:
            say("beat")
            self._said_at = now
        return min(super().tick(*args, **kwargs), EVERY_S / 2)


class WorkerHeartbeat(bootsteps.StartStopStep):
    """Says that the worker lives, from its main process, whatever its children do."""

    requires = ("celery.worker.components:Timer",)

    def __init__(self, parent: Any, **options: Any) -> None:
        super().__init__(parent, **options)
        self._entry: Any = None

    def start(self, parent: Any) -> None:
        """Begin with the worker."""
        say("worker")
        self._entry = parent.timer.call_repeatedly(EVERY_S, say, ("worker",))

    def stop(self, parent: Any) -> None:  # noqa: ARG002  Celery's signature
        """End with the worker."""
        if self._entry is not None:
            self._entry.cancel()
