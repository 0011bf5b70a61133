"""Asking for long work: a row, and a message that wakes a worker once the row is durable."""

from __future__ import annotations

from accounts.actors import Actor
from ledger import tasks
from ledger.idempotency import Claim
from ledger.integrity import Queued, queue_run, runs
from ledger.queries import LedgerRef


def request_run(ledger: LedgerRef, *, actor: Actor, claim: Claim | None = None) -> Queued:
    """Ask for a full verification of a ledger; see `integrity.queue_run`.

    Without a broker the run waits for the sweep.
    """
    queued = queue_run(ledger, actor=actor, claim=claim)
    if queued.is_new:
        tasks.wake(runs.KIND, queued.run_id)
    return queued
