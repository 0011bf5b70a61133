"""Human verdicts on decisions. Each verb leaves one or more entries and overwrites nothing.

Every verb reads where the decision stands while it holds the append lock, so that two people who
act at once leave two entries in one order, and the one who saw too little is told so.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from loopgrid_proof.headers import NewEntry

from accounts import ids, roles
from accounts.actors import Actor
from ledger.append import (
    Appended,
    Clock,
    Draft,
    Head,
    append_entries,
    hold,
    settle_key,
    standing_under,
    take_key,
)
from ledger.content import Piece, SealedPart, seal, written
from ledger.errors import (
    AlreadySuperseded,
    Conflict,
    NotAllowed,
    NotFound,
    StaleReview,
    invalid,
)
from ledger.idempotency import Claim, Earlier
from ledger.queries import LedgerRef
from ledger.states import Act, Kind, Standing
from ledger.transactions import joins_act

VERDICTS = ("confirmed", "incorrect", "corrected", "withdrawn")


@dataclass(frozen=True, slots=True)
class Judged:
    """The entries a verdict left, in order; the first is the verdict itself."""

    decision_id: str
    appended: tuple[Appended, ...]


@dataclass(frozen=True, slots=True)
class DecisionRef:
    """A decision of a ledger, by its id."""

    ledger: LedgerRef
    decision_id: str


@dataclass(frozen=True, slots=True)
class CorrectionContent:
    """What a correction says: the right output, who the caller says made it, and notes."""

    correction: Piece
    corrected_by: Piece
    notes: Piece | None = None
    reason_code: str | None = None


_Decide = Callable[[Head, Standing], list[Draft]]


@joins_act
def mark_incorrect(
    decision: DecisionRef,
    *,
    actor: Actor,
    clock: Clock,
    reason: Piece | None = None,
    reason_code: str | None = None,
    severity: str | None = None,
    expected_newest: int | None = None,
    claim: Claim | None = None,
) -> Judged | Earlier:
    """Record that the decision was wrong; repeatable, and an earlier reason is kept.

    Raises NotFound, StaleReview when the decision has an entry newer than `expected_newest`, and
    what `append` raises.
    """
    facts = _known({"reason": reason_code, "sev": severity})

    def decide(_head: Head, _standing: Standing) -> list[Draft]:
        return [
            _draft(
                decision,
                "decision.marked_incorrect",
                actor,
                reason,
                facts=facts,
                refs=_seen(expected_newest),
            )
        ]

    return _judge(decision, clock, claim, expected_newest, decide)


@joins_act
def attach_correction(
    decision: DecisionRef,
    content: CorrectionContent,
    *,
    actor: Actor,
    clock: Clock,
    reason: Piece | None = None,
    expected_newest: int | None = None,
    claim: Claim | None = None,
) -> Judged | Earlier:
    """Record what the decision should have been.

    A correction that stands is superseded by it, with `reason`. Raises NotFound, StaleReview, and
    what `append` raises.
    """

    def decide(head: Head, standing: Standing) -> list[Draft]:
        attached = _correction(decision, content, actor, expected_newest)
        old = standing.correction
        if old is None:
            return [attached]
        refs = {"target": old.seq, "by": head.next_seq}
        return [attached, _draft(decision, "correction.superseded", actor, reason, refs=refs)]

    return _judge(decision, clock, claim, expected_newest, decide)


@joins_act
def confirm(
    decision: DecisionRef,
    *,
    actor: Actor,
    clock: Clock,
    expected_newest: int,
    note: Piece | None = None,
    claim: Claim | None = None,
) -> Judged | Earlier:
    """Record that a person found the decision right; a flag before it stands no longer.

    Raises NotFound, StaleReview, and Conflict while a correction stands (supersede it instead).
    """

    def decide(_head: Head, standing: Standing) -> list[Draft]:
        _refuse_confirmation(standing)
        return [_draft(decision, "decision.confirmed", actor, note, refs=_seen(expected_newest))]

    return _judge(decision, clock, claim, expected_newest, decide)


@joins_act
def supersede(
    decision: DecisionRef,
    *,
    entry: int,
    verdict: str,
    reason: Piece,
    actor: Actor,
    clock: Clock,
    expected_newest: int,
    content: CorrectionContent | None = None,
    reason_code: str | None = None,
    claim: Claim | None = None,
) -> Judged | Earlier:
    """Replace the verdict or correction recorded as `entry`; with `withdrawn` by nothing.

    Raises NotFound, InvalidContent for an entry that is no verdict of this decision,
    AlreadySuperseded, StaleReview, NotAllowed for another person's verdict without the role for it,
    Conflict for a confirmation while another correction stands.
    """
    change = _Supersession(decision, entry, verdict, reason, reason_code, content, expected_newest)

    def decide(head: Head, standing: Standing) -> list[Draft]:
        return change.drafts(standing, actor=actor, by=head.next_seq)

    return _judge(decision, clock, claim, expected_newest, decide)


@dataclass(frozen=True, slots=True)
class _Supersession:
    """What shall stand in the place of the act recorded as `entry`, and why."""

    decision: DecisionRef
    entry: int
    verdict: str
    reason: Piece
    reason_code: str | None
    content: CorrectionContent | None
    seen: int

    def drafts(self, standing: Standing, *, actor: Actor, by: int) -> list[Draft]:
        """Return the act in its place, if there is one, as entry `by`; then what ends with it."""
        target = _target(standing, self.entry)
        acting = _allowed_to_supersede(actor, target)
        instead = self._instead(standing, target, acting)
        refs = {"target": target.seq} | ({"by": by} if instead else {})
        drafts = [*instead, self._ended(_superseding_kind(target), acting, refs, self.reason_code)]
        other = standing.correction
        if self.verdict == "corrected" and other is not None and other.seq != target.seq:
            also = {"target": other.seq, "by": by}
            drafts.append(self._ended("correction.superseded", acting, also))
        return drafts

    def _instead(self, standing: Standing, target: Act, actor: Actor) -> list[Draft]:
        if self.verdict == "withdrawn":
            return []
        if self.verdict == "corrected":
            if self.content is None:
                raise invalid("/correction", "validation_failed", "correction is required.")
            return [_correction(self.decision, self.content, actor, self.seen)]
        if self.verdict == "confirmed":
            _refuse_confirmation(standing, leaving=target.seq)
        confirmed = self.verdict == "confirmed"
        kind = "decision.confirmed" if confirmed else "decision.marked_incorrect"
        return [_draft(self.decision, kind, actor, refs=_seen(self.seen))]

    def _ended(
        self, kind: str, actor: Actor, refs: Mapping[str, int], code: str | None = None
    ) -> Draft:
        facts = _known({"reason": code})
        return _draft(self.decision, kind, actor, self.reason, facts=facts, refs=refs)


def _refuse_confirmation(standing: Standing, *, leaving: int | None = None) -> None:
    if any(act.seq != leaving for act in standing.corrections):
        raise Conflict("A correction stands; supersede it instead of confirming the decision.")


def _target(standing: Standing, entry: int) -> Act:
    found = next((a for a in (*standing.verdicts, *standing.corrections) if a.seq == entry), None)
    if found:
        return found
    if standing.superseding_of(entry):
        raise AlreadySuperseded(f"Entry #{entry} was superseded before.")
    raise invalid("/entry", "validation_failed", f"Entry #{entry} is no verdict of this decision.")


def _allowed_to_supersede(actor: Actor, target: Act) -> Actor:
    if not actor.is_person:
        return actor
    own = target.by == actor.id
    role = roles.role_for(actor.roles, "supersede_own" if own else "supersede_any")
    if role is None:
        raise NotAllowed("Superseding another person's verdict needs the role compliance officer.")
    return actor.acting_as(role)


def _superseding_kind(target: Act) -> str:
    attached = target.kind is Kind.CORRECTION_ATTACHED
    return "correction.superseded" if attached else "verdict.superseded"


# --- the shape every verdict shares -----------------------------------------------------------


def _judge(
    decision: DecisionRef,
    clock: Clock,
    claim: Claim | None,
    expected_newest: int | None,
    decide: _Decide,
) -> Judged | Earlier:
    ledger = decision.ledger
    before = take_key(ledger, claim) if claim else None
    if before is not None:
        return before
    head = hold(ledger, clock=clock)
    standing = standing_under(head, decision.decision_id)
    if standing is None:
        raise NotFound(f"Decision {decision.decision_id} not found")
    if expected_newest is not None and expected_newest != standing.newest_seq:
        raise StaleReview(standing.newest_seq)
    appended = append_entries(head, decide(head, standing), before=standing)
    if claim:
        last = appended[-1].header.seq
        settle_key(ledger, claim, seq=last, result=decision.decision_id)
    return Judged(decision.decision_id, tuple(appended))


def _correction(
    decision: DecisionRef, content: CorrectionContent, actor: Actor, seen: int | None
) -> Draft:
    refs = {"correction": ids.draw_id("cor")} | _seen(seen)
    facts = _known({"reason": content.reason_code})
    pieces = [content.correction, content.corrected_by, content.notes]
    return _draft(decision, "correction.attached", actor, *pieces, facts=facts, refs=refs)


def _draft(
    decision: DecisionRef,
    kind: str,
    actor: Actor,
    *pieces: Piece | None,
    facts: Mapping[str, Any] | None = None,
    refs: Mapping[str, Any] | None = None,
) -> Draft:
    parts = _sealed(actor, pieces)
    entry = NewEntry(
        kind,
        actor.header(),
        rec=decision.decision_id,
        facts=facts or {},
        refs=refs or {},
        parts=tuple(part.ref for part in parts),
    )
    return Draft(entry, parts)


def _sealed(actor: Actor, pieces: Iterable[Piece | None]) -> tuple[SealedPart, ...]:
    given = [piece for piece in pieces if piece is not None]
    details = actor.personal_details()
    if details is not None:
        given.append(written("actor", details))
    return seal(given, draw=os.urandom)


def _seen(newest: int | None) -> dict[str, int]:
    return {} if newest is None else {"seen": newest}


def _known(facts: Mapping[str, str | None]) -> dict[str, str]:
    return {name: value for name, value in facts.items() if value is not None}
