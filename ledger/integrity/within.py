"""A verdict within one request: everything if there is time, else the rest after the newest run."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from typing import Any

from django.conf import settings
from loopgrid_proof.digests import EMPTY_ROOT
from loopgrid_proof.errors import Findings, Verdict, Verification, finding

from accounts.models import Workspace
from ledger import queries
from ledger.append import Clock
from ledger.errors import NotFound
from ledger.integrity import explaining, runs
from ledger.integrity.result import EarlierRun, FirstBad, IntegrityResult, ServiceCount
from ledger.integrity.runs import Run
from ledger.integrity.snapshot import snapshot
from ledger.integrity.verifying import Scope, verify_integrity
from ledger.queries import LedgerRef

# What a run on this machine did per second takes its place as soon as there is one.
USUAL_ENTRIES_PER_SECOND = 3000.0
# A run reads without a person waiting; leave a margin for one that does.
SHARE = 0.75
TOO_OLD = timedelta(days=1)

Elapsed = Callable[[], float]


def verify_within(
    ledger: LedgerRef, *, seconds: float, elapsed: Elapsed, service: str | None = None
) -> IntegrityResult:
    """Return the verdict on a ledger after at most about `seconds`; writes nothing.

    `elapsed` gives seconds on a clock that never jumps. A ledger too large for the time is
    recomputed from the newest complete run on, and the answer names that run.
    """
    began = elapsed()
    scope = Scope(stop=lambda: elapsed() - began > seconds, service=service)
    run = runs.newest_complete(ledger)
    end = queries.end_of(ledger)
    if run is None or end is None or end.size <= _affordable(run, seconds):
        return _advised(verify_integrity(ledger, scope))
    if run.resume is None:
        return _earlier_alone(ledger, run, service)
    return _joined(verify_integrity(ledger, replace(scope, start=run.resume)), run)


def verify_workspace(
    workspace: Workspace,
    *,
    seconds: float,
    elapsed: Elapsed,
    clock: Clock,
    service: str | None = None,
) -> IntegrityResult:
    """Return `verify_within` for the open ledger of a workspace; one without a ledger is broken.

    Every workspace was opened together with its ledger.
    """
    try:
        ledger = queries.ledger_of(workspace.pk)
    except NotFound:
        return nothing_there(workspace, service, at=clock())
    return verify_within(ledger, seconds=seconds, elapsed=elapsed, service=service)


def nothing_there(
    workspace: Workspace, service: str | None = None, *, at: datetime
) -> IntegrityResult:
    """Return the verdict on a workspace whose ledger cannot be found at all."""
    gone = finding("E_EMPTY", "The workspace has no open ledger.", seq=0)
    verification = Verification.of(
        Findings([gone]),
        origin=f"{settings.LEDGER_HOST}/{workspace.slug}",
        size=0,
        root=EMPTY_ROOT,
        head_time=None,
        sealed_size=0,
        counts={"entries": 0},
    )
    return IntegrityResult(
        verification=verification,
        verdict=verification.verdict,
        decisions=0,
        size=0,
        recomputed=(0, 0),
        at=at,
        finding=FirstBad(0, gone.damage, gone.code, gone.detail),
        service=None if service is None else ServiceCount(service, 0, damaged=True),
    )


def _affordable(run: Run, seconds: float) -> float:
    return (run.entries_per_second or USUAL_ENTRIES_PER_SECOND) * seconds * SHARE


def _advised(result: IntegrityResult) -> IntegrityResult:
    if result.reaches:
        return result
    why = "the rest takes longer than one request may; start a run, which recomputes all."
    return replace(result, why_unproven=why)


def _joined(result: IntegrityResult, run: Run) -> IntegrityResult:
    earlier = _as_earlier(run)
    result = replace(_advised(result), earlier_run=earlier)
    if result.verdict is Verdict.INTACT and result.at - earlier.at > TOO_OLD:
        why = "the older entries were last recomputed more than a day ago; start a run."
        return replace(result, verdict=Verdict.UNPROVEN, why_unproven=why)
    return result


def _as_earlier(run: Run) -> EarlierRun:
    at = run.full_at or run.at
    assert at is not None and run.size is not None  # noqa: PT018  a complete run has both
    return EarlierRun(run.run_id, run.size, at, Verdict(run.verdict))


def _earlier_alone(ledger: LedgerRef, run: Run, service: str | None) -> IntegrityResult:
    """Return the run's own verdict: on damage there is no state to go on from."""
    size = run.size or 0
    first = run.finding
    verification = Verification(
        verdict=Verdict(run.verdict),
        origin=ledger.origin,
        size=size,
        root=b"",
        head_time=None,
        sealed_size=run.sealed_size or 0,
        first_bad=run.first_bad,
        damage=None if first is None else first["kind"],
        findings=run.findings,
        counts=run.counts or {},
    )
    with snapshot() as moment:
        counted = (
            explaining.count_service(moment, ledger.ledger_id, verification, service)
            if service is not None
            else None
        )
        found = explaining.explain(moment, ledger.ledger_id, verification)
        return IntegrityResult(
            verification=verification,
            verdict=verification.verdict,
            decisions=run.decisions or 0,
            size=size,
            recomputed=(size, size),
            at=moment.at,
            finding=found if first is None else found or _restored(first),
            earlier_run=_as_earlier(run),
            service=counted,
        )


def _restored(kept: Mapping[str, Any]) -> FirstBad:
    """Return the finding a run kept, where nothing of it can be looked up any more."""
    return FirstBad(kept["seq"], kept["kind"], kept["code"], kept["detail"])
