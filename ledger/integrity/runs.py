"""Finished and running verifications as rows, and the newest word on a ledger.

A run's row is working state. Its mark is made with the application's secret: whoever changes rows
of the database cannot hand a later run a state to go on from, or an answer a verdict to lean on.
"""

from __future__ import annotations

import hmac
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from itertools import chain
from typing import Any
from uuid import UUID

from django.conf import settings
from django.db.models import F, Func, JSONField
from loopgrid_proof.canonical import canonical_bytes
from loopgrid_proof.errors import Finding, Verdict

from ledger.append import write_time
from ledger.errors import NotFound
from ledger.integrity.result import IntegrityResult
from ledger.models import Entry, Job, NotaryState
from ledger.queries import LedgerRef

KIND = "integrity_run"
MOST_FINDINGS = 100
# These say that the notary is behind, not that an entry could not be read.
_LIVE = frozenset({"U_UNSEALED", "U_STALE", "U_ALARM"})
# The badge stands on every page, so the lists of a result stay in the database.
_BRIEFLY = Func(
    F("result"), template="(%(expressions)s - 'findings' - 'counts')", output_field=JSONField()
)
_SEALED_KEYS = ("mode", "verdict", "size", "at", "full_at", "state", "finding")


@dataclass(frozen=True, slots=True)
class Run:
    """One verification run. What only a finished one has is None before."""

    run_id: str
    mode: str
    state: str
    done: int
    total: int | None
    by_type: str
    by: str
    by_name: str | None
    created_at: datetime
    finished_at: datetime | None
    message: str
    verdict: str | None = None
    size: int | None = None
    sealed_size: int | None = None
    decisions: int | None = None
    recomputed: tuple[int, int] | None = None
    first_bad: int | None = None
    finding: Mapping[str, Any] | None = None
    findings: tuple[Finding, ...] = ()
    counts: Mapping[str, int] | None = None
    at: datetime | None = None
    full_at: datetime | None = None
    seq: int | None = None
    started_at: datetime | None = None
    resume: Mapping[str, Any] | None = None

    @property
    def is_running(self) -> bool:
        """Whether the run has not ended."""
        return self.state in ("queued", "running")

    @property
    def head_seq(self) -> int | None:
        """The newest entry that the run saw."""
        return self.size - 1 if self.size else None

    @property
    def proven_seq(self) -> int | None:
        """The last entry that was proven; what is after it waits for the notary.

        None where something else is missing, or nothing was sealed.
        """
        return _proven(self.resume, self.sealed_size)

    @property
    def entries_per_second(self) -> float | None:
        """How fast the run was, measured; None if it read too little to tell."""
        if not (self.started_at and self.finished_at and self.recomputed):
            return None
        seconds = (self.finished_at - self.started_at).total_seconds()
        entries = self.recomputed[1] - self.recomputed[0]
        return entries / seconds if seconds > 1 else None


@dataclass(frozen=True, slots=True)
class Badge:
    """The newest word on a ledger, for every page. `verdict` is None before the first run.

    `upto` is the last entry the run saw, `first_bad` where it is broken, `proven` the last entry
    that was proven if it is unproven, `alarm` an open alarm of the notary, which makes an intact
    ledger unproven.
    """

    verdict: str | None
    upto: int | None = None
    at: datetime | None = None
    full_at: datetime | None = None
    code: str | None = None
    first_bad: int | None = None
    run_id: str | None = None
    alarm: str | None = None
    proven: int | None = None


@dataclass(frozen=True, slots=True)
class Neighbour:
    """An entry near the first bad one, as stored: columns, nothing recomputed."""

    seq: int
    kind: str
    leaf_hash: bytes
    at: datetime | None


def summary_of(
    ledger_id: UUID, result: IntegrityResult, *, mode: str, full_at: datetime
) -> dict[str, Any]:
    """Return what a finished run keeps, with its mark."""
    verification = result.verification
    codes = {one.code for one in verification.findings if one.code[0] != "W"}
    kept: dict[str, Any] = {
        "mode": mode,
        "verdict": result.verdict.value,
        "message": result.message,
        "size": result.size,
        "sealed_size": result.sealed_size,
        "decisions": result.decisions,
        "recomputed": list(result.recomputed),
        "first_bad": None if result.finding is None else result.finding.seq,
        "finding": None if result.finding is None else result.finding.as_json(),
        "findings": [one.as_json() for one in verification.findings[:MOST_FINDINGS]],
        "counts": dict(verification.counts),
        "at": write_time(result.at),
        "full_at": write_time(full_at),
        "state": result.resume if codes <= _LIVE else None,
        "seq": None,
    }
    return {**kept, "mark": _mark(ledger_id, kept)}


def _mark(ledger_id: UUID, kept: Mapping[str, Any]) -> str:
    said = {name: kept.get(name) for name in _SEALED_KEYS}
    text = b"loopgrid.run/v1\n" + ledger_id.bytes + canonical_bytes(said)
    return hmac.new(settings.SECRET_KEY.encode(), text, "sha256").hexdigest()


def is_ours(ledger_id: UUID, kept: Mapping[str, Any]) -> bool:
    """Say whether the application wrote this result, and not somebody with the database alone."""
    return hmac.compare_digest(str(kept.get("mark")), _mark(ledger_id, kept))


def run_of(ledger: LedgerRef, run_id: str) -> Run:
    """Return one run. Raises NotFound."""
    row = _rows(ledger).filter(job_id=run_id).first()
    if row is None:
        raise NotFound("Run not found.")
    return _run(row)


def runs_of(ledger: LedgerRef, *, before: str | None = None, limit: int = 50) -> list[Run]:
    """Return up to `limit` runs, newest first, older than run `before`."""
    rows = _rows(ledger).order_by("-job_id")
    if before is not None:
        rows = rows.filter(job_id__lt=before)
    return [_run(row) for row in rows[:limit]]


def newest_complete(ledger: LedgerRef, *, mode: str | None = None) -> Run | None:
    """Return the run that ended last with a verdict of the application, None if there is none."""
    rows = _ended(ledger)
    if mode is not None:
        rows = rows.filter(result__mode=mode)
    for row in _one_first(rows):
        if is_ours(ledger.ledger_id, row.result or {}):
            return _run(row)
    return None


def was_recorded_since(ledger: LedgerRef, moment: datetime, *, mode: str) -> bool:
    """Say whether a run of this mode has become an entry since `moment`."""
    recorded = _rows(ledger).filter(state="succeeded", finished_at__gt=moment, result__mode=mode)
    return bool(recorded.exclude(result__seq=None).exists())


def standing(ledger: LedgerRef) -> Badge:
    """Return the newest word on a ledger. Queries: two, each one row by an index."""
    notary = NotaryState.objects.filter(ledger_id=ledger.ledger_id).values_list("alarm").first()
    alarm = notary[0] if notary else None
    for run_id, kept in _one_first(_ended(ledger).values_list("job_id", _BRIEFLY)):
        if is_ours(ledger.ledger_id, kept or {}):
            return _badge(run_id, kept, alarm)
    return Badge(None, alarm=alarm)


def _badge(run_id: str, kept: Mapping[str, Any], alarm: str | None) -> Badge:
    verdict = kept["verdict"]
    if alarm and verdict == Verdict.INTACT.value:
        verdict = Verdict.UNPROVEN.value
    return Badge(
        verdict,
        upto=kept["size"] - 1 if kept["size"] else None,
        at=_moment(kept["at"]),
        full_at=_moment(kept["full_at"]),
        code=(kept["finding"] or {}).get("code") or ("U_ALARM" if alarm else None),
        first_bad=kept["first_bad"],
        run_id=run_id,
        alarm=alarm,
        proven=_proven(kept["state"], kept["sealed_size"]),
    )


def _proven(resume: Mapping[str, Any] | None, sealed_size: int | None) -> int | None:
    """Return the last entry proven by a run whose only fault, if any, is that the notary waits."""
    return sealed_size - 1 if resume is not None and sealed_size else None


def neighbours(ledger: LedgerRef, seq: int, *, around: int = 2) -> list[Neighbour]:
    """Return the stored entries next to a number, itself included."""
    rows = (
        Entry.objects.filter(ledger_id=ledger.ledger_id, seq__range=(seq - around, seq + around))
        .order_by("seq")
        .values_list("seq", "kind", "leaf_hash", "t")
    )
    return [Neighbour(n, kind, bytes(digest), at) for n, kind, digest, at in rows]


def _rows(ledger: LedgerRef) -> Any:
    return Job.objects.filter(ledger_id=ledger.ledger_id, kind=KIND)


def _ended(ledger: LedgerRef) -> Any:
    return _rows(ledger).filter(state="succeeded").order_by("-finished_at")


def _one_first(rows: Any) -> chain[Any]:
    """Go through the newest rows; more than one is only read if the first was not ours."""
    return chain(rows[:1], rows[1:20])


def _moment(written: str | None) -> datetime | None:
    return None if written is None else datetime.fromisoformat(written)


def _run(row: Job) -> Run:
    kept = row.result or {}
    reach = kept.get("recomputed")
    return Run(
        run_id=row.job_id,
        mode=kept.get("mode") or row.asked.get("mode", "full"),
        state=row.state,
        done=row.done,
        total=row.total,
        by_type=row.actor["type"],
        by=row.actor["id"],
        by_name=row.actor.get("display_name"),
        created_at=row.created_at,
        finished_at=row.finished_at,
        message=kept.get("message") or row.message or row.error,
        verdict=kept.get("verdict"),
        size=kept.get("size"),
        sealed_size=kept.get("sealed_size"),
        decisions=kept.get("decisions"),
        recomputed=None if reach is None else (reach[0], reach[1]),
        first_bad=kept.get("first_bad"),
        finding=kept.get("finding"),
        findings=tuple(Finding.from_json(one) for one in kept.get("findings", ())),
        counts=kept.get("counts"),
        at=_moment(kept.get("at")),
        full_at=_moment(kept.get("full_at")),
        seq=kept.get("seq"),
        started_at=row.started_at,
        resume=kept.get("state"),
    )
