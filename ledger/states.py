"""Where a decision stands: a pure fold over its entries, in their order.

Nothing is ever overwritten: a verdict stands until an entry supersedes it or a newer verdict
follows, and taking the newest one back brings the one before it to light again. `fold` is the only
place that says so; the row in `ledger_decision` is its result, and verification compares the two.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from enum import Enum

from loopgrid_proof.headers import Header


class Kind(Enum):
    """The entry kinds that say something about a decision."""

    RECORDED = "decision.recorded"
    MARKED_INCORRECT = "decision.marked_incorrect"
    CONFIRMED = "decision.confirmed"
    VERDICT_SUPERSEDED = "verdict.superseded"
    CORRECTION_ATTACHED = "correction.attached"
    CORRECTION_SUPERSEDED = "correction.superseded"


KINDS = frozenset(kind.value for kind in Kind)


@dataclass(frozen=True, slots=True)
class Act:
    """One verdict or correction as its entry tells it; `by` is who was authenticated."""

    seq: int
    kind: Kind
    at: str
    by_type: str
    by: str
    reason_code: str | None
    severity: str | None
    has_reason: bool
    correction_id: str | None


@dataclass(frozen=True, slots=True)
class Standing:
    """What a decision was recorded with and every act on it that no entry has superseded.

    `superseded` maps the number of a superseded act to the entry that did it and the act in its
    place.
    """

    recorded: Header
    verdicts: tuple[Act, ...] = ()
    corrections: tuple[Act, ...] = ()
    superseded: tuple[tuple[int, int, int | None], ...] = ()
    attached: int = 0
    newest_seq: int = 0
    last_rn: int = 0
    last_seq: int = 0

    @property
    def verdict(self) -> Act | None:
        """The newest verdict that stands."""
        return self.verdicts[-1] if self.verdicts else None

    @property
    def correction(self) -> Act | None:
        """The newest correction that stands."""
        return self.corrections[-1] if self.corrections else None

    @property
    def flags(self) -> tuple[Act, ...]:
        """The flags that stand: those after the newest confirmation, oldest first."""
        found: list[Act] = []
        for act in reversed(self.verdicts):
            if act.kind is not Kind.MARKED_INCORRECT:
                break
            found.insert(0, act)
        return tuple(found)

    @property
    def status(self) -> str:
        """`recorded`, `incorrect` or `corrected`."""
        if self.corrections:
            return "corrected"
        return "incorrect" if self.flags else "recorded"

    @property
    def latest(self) -> Act | None:
        """The newest act that stands, verdict or correction."""
        acts = [act for act in (self.verdict, self.correction) if act]
        return max(acts, key=lambda act: act.seq) if acts else None

    def superseding_of(self, seq: int) -> tuple[int, int | None] | None:
        """Return the entry that superseded act `seq` and the act in its place, if there is one."""
        for target, entry, by in self.superseded:
            if target == seq:
                return entry, by
        return None


def begins(headers: Sequence[Header]) -> bool:
    """Say whether these entries of a record begin with the one that recorded the decision.

    Where that one was disowned there is no decision, whatever was said about it.
    """
    return bool(headers) and headers[0].kind == Kind.RECORDED.value


def fold(headers: Iterable[Header]) -> Standing:
    """Return where a decision stands after these entries of its record, the first one included.

    Requires the record's entries in order, beginning with `decision.recorded`; entries of kinds
    that say nothing about the decision only move the ordinal on.
    """
    entries = iter(headers)
    first = next(entries)
    return fold_on(Standing(recorded=first, newest_seq=first.seq, last_seq=first.seq), entries)


def fold_on(standing: Standing, headers: Iterable[Header]) -> Standing:
    """Return where a decision stands after these further entries of its record, in order."""
    for header in headers:
        standing = _step(standing, header)
    return standing


def _step(standing: Standing, header: Header) -> Standing:
    standing = replace(standing, last_rn=header.rn or 0, last_seq=header.seq)
    if header.kind not in KINDS:
        return standing
    standing = replace(standing, newest_seq=header.seq)
    match Kind(header.kind):
        case Kind.RECORDED:
            return standing
        case Kind.MARKED_INCORRECT | Kind.CONFIRMED:
            return replace(standing, verdicts=(*standing.verdicts, _act(header)))
        case Kind.CORRECTION_ATTACHED:
            return replace(
                standing,
                corrections=(*standing.corrections, _act(header)),
                attached=standing.attached + 1,
            )
        case Kind.VERDICT_SUPERSEDED:
            return replace(
                standing,
                verdicts=_without(standing.verdicts, header),
                superseded=(*standing.superseded, _supersession(header)),
            )
        case Kind.CORRECTION_SUPERSEDED:
            return replace(
                standing,
                corrections=_without(standing.corrections, header),
                superseded=(*standing.superseded, _supersession(header)),
            )


def _act(header: Header) -> Act:
    return Act(
        seq=header.seq,
        kind=Kind(header.kind),
        at=header.t,
        by_type=header.actor["ty"],
        by=header.actor["id"],
        reason_code=header.facts.get("reason"),
        severity=header.facts.get("sev"),
        has_reason=any(part.name == "reason" for part in header.parts),
        correction_id=header.refs.get("correction"),
    )


def _without(acts: tuple[Act, ...], header: Header) -> tuple[Act, ...]:
    return tuple(act for act in acts if act.seq != header.refs["target"])


def _supersession(header: Header) -> tuple[int, int, int | None]:
    return header.refs["target"], header.seq, header.refs.get("by")


@dataclass(frozen=True, slots=True)
class DecisionState:
    """A decision's row: the fold of its entries, beside what it was recorded with.

    Times are texts of the ledger. None means unknown or not there, never zero. `content_hash` is
    None once any of the hashed parts was erased.
    """

    seq: int
    decision_id: str
    created_at: str
    service: str
    decision_type: str
    status: str
    provider: str | None
    model: str | None
    environment: str | None
    risk_tier: str | None
    origin: str | None
    result: str | None
    content_mode: str | None
    parent_id: str | None
    recorded_type: str
    recorded_id: str
    chain_hash: bytes
    content_hash: bytes | None
    verdict: str | None
    verdict_seq: int | None
    verdict_at: str | None
    verdict_type: str | None
    verdict_by: str | None
    reason_code: str | None
    severity: str | None
    flag_seq: int | None
    flagged_at: str | None
    reason_seq: int | None
    correction_seq: int | None
    correction_id: str | None
    corrections: int
    newest_seq: int


_VERDICT_OF = {
    Kind.CONFIRMED: "confirmed",
    Kind.MARKED_INCORRECT: "incorrect",
    Kind.CORRECTION_ATTACHED: "corrected",
}


def state_of(standing: Standing, *, content_hash: bytes | None) -> DecisionState:
    """Return the row of a decision that stands like this."""
    recorded, facts = standing.recorded, standing.recorded.facts
    latest, flags, correction = standing.latest, standing.flags, standing.correction
    reasoned = [flag for flag in flags if flag.has_reason]
    return DecisionState(
        seq=recorded.seq,
        decision_id=recorded.rec or "",
        created_at=recorded.t,
        service=facts["svc"],
        decision_type=facts["dt"],
        status=standing.status,
        provider=facts.get("mp"),
        model=facts.get("mn"),
        environment=facts.get("env"),
        risk_tier=facts.get("risk"),
        origin=facts.get("origin"),
        result=facts.get("res"),
        content_mode=facts.get("content"),
        parent_id=recorded.refs.get("parent"),
        recorded_type=recorded.actor["ty"],
        recorded_id=recorded.actor["id"],
        chain_hash=recorded.leaf_hash,
        content_hash=content_hash,
        verdict=_VERDICT_OF[latest.kind] if latest else None,
        verdict_seq=latest.seq if latest else None,
        verdict_at=latest.at if latest else None,
        verdict_type=latest.by_type if latest else None,
        verdict_by=latest.by if latest else None,
        reason_code=latest.reason_code if latest else None,
        severity=flags[-1].severity if flags else None,
        flag_seq=flags[-1].seq if flags else None,
        flagged_at=flags[-1].at if flags else None,
        reason_seq=reasoned[-1].seq if reasoned else None,
        correction_seq=correction.seq if correction else None,
        correction_id=correction.correction_id if correction else None,
        corrections=standing.attached,
        newest_seq=standing.newest_seq,
    )
