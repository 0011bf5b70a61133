"""Recording decisions: parts are cut, salted and digested before any lock, then appended."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loopgrid_proof.headers import NewEntry

from accounts import ids
from accounts.actors import Actor
from ledger.append import Appended, Clock, Draft, Outcome, Prepared, append_grouped
from ledger.content import Submission, seal, written
from ledger.idempotency import Claim, Earlier
from ledger.queries import LedgerRef


@dataclass(frozen=True, slots=True)
class Recorded:
    """A decision that is durable, and the parts with the salts that only this answer shows."""

    decision_id: str
    submission: Submission
    appended: Appended


@dataclass(frozen=True, slots=True)
class BatchItem:
    """One decision of a batch and the claim of its own key, if it has one."""

    submission: Submission
    claim: Claim | None = None


def record_decision(
    ledger: LedgerRef,
    submission: Submission,
    *,
    actor: Actor,
    clock: Clock,
    claim: Claim | None = None,
) -> Recorded | Earlier:
    """Record one decision; returns once it is durable, or what its key stood for before.

    Opens its own act and refuses to run inside one. Raises Unavailable, KeyInProgress, KeyReused,
    or Conflict when its source number is in the ledger already.
    """
    draft = _draft(submission, actor)
    answer = append_grouped(Prepared(ledger, [draft], claim), clock=clock)
    if isinstance(answer, Earlier):
        return answer
    return _recorded(submission, answer[0])


def record_decisions(
    ledger: LedgerRef,
    items: Sequence[BatchItem],
    *,
    actor: Actor,
    clock: Clock,
    claim: Claim | None = None,
    whole: bool = False,
    render: Callable[[Sequence[Outcome]], str] | None = None,
) -> list[Recorded | Earlier | Exception] | Earlier:
    """Record a batch with contiguous numbers in one act, in the order given.

    An item whose key was used answers Earlier; one that is refused answers its error, and with
    `whole` refuses the batch. Returns Earlier for the batch when the batch's own key was used
    before.
    """
    drafts = [_draft(item.submission, actor) for item in items]
    prepared = Prepared(
        ledger, drafts, claim, [item.claim for item in items], whole=whole, render=render
    )
    outcomes = append_grouped(prepared, clock=clock)
    if isinstance(outcomes, Earlier):
        return outcomes
    return [
        outcome.refused or outcome.earlier or _recorded(item.submission, outcome)
        for item, outcome in zip(items, outcomes, strict=True)
    ]


def _draft(submission: Submission, actor: Actor) -> Draft:
    pieces = list(submission.pieces)
    details = actor.personal_details()
    if details is not None:
        pieces.append(written("actor", details))
    parts = seal(pieces, draw=os.urandom)
    entry = NewEntry(
        "decision.recorded",
        actor.header(),
        rec=ids.draw_id("dec"),
        ct=submission.ct,
        src=submission.src,
        facts=submission.facts,
        refs=submission.refs,
        parts=tuple(part.ref for part in parts),
    )
    return Draft(entry, parts, submission.content_hash)


def _recorded(submission: Submission, outcome: Outcome) -> Recorded:
    appended = outcome.appended
    assert appended is not None and appended.header.rec is not None  # noqa: PT018
    return Recorded(appended.header.rec, submission, appended)
