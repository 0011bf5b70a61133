"""Human verdicts on a decision: wrong, corrected, right, or an earlier verdict replaced."""

from __future__ import annotations

from collections.abc import Collection, Iterator
from contextlib import contextmanager

from django.http import HttpResponse
from django.urls import path
from rest_framework.request import Request

from ledger import queries, reviewing
from ledger.api import conditions
from ledger.api.base import WorkspaceAPIView
from ledger.api.decisions import decision_answer
from ledger.api.fields import Fields
from ledger.api.objects import decision_object, entity_tag
from ledger.api.problems import Problem
from ledger.content.submission import MAX_LABEL
from ledger.errors import StaleReview
from ledger.idempotency import Earlier
from ledger.reviewing import VERDICTS, CorrectionContent, DecisionRef, Judged

SEVERITIES = ("low", "medium", "high", "critical")
OF_FLAG = ("reason", "reason_code", "severity")
OF_CORRECTION = ("correction", "corrected_by", "notes", "reason", "reason_code")
OF_CONFIRMATION = ("note", "seen_seq")
OF_SUPERSESSION = (
    "entry",
    "verdict",
    "reason",
    "reason_code",
    "correction",
    "corrected_by",
    "notes",
)
CORRECTED = ("correction", "corrected_by", "notes")
SUPERSEDED = "correction.superseded"


class VerdictView(WorkspaceAPIView):
    """What the four acts share: the precondition, and the answer."""

    scope = "review"

    @contextmanager
    def showing_current(self, decision: DecisionRef) -> Iterator[None]:
        """Put the decision as it stands into the problem of an act that saw an older one."""
        try:
            yield
        except StaleReview as stale:
            record = queries.record_of(decision.ledger, decision.decision_id)
            raise Problem(
                "stale_review",
                f"{stale} Look at `current` and send its ETag.",
                headers={"ETag": entity_tag(record.state)},
                more={"current": decision_object(decision.ledger, record)},
            ) from stale

    def answer(
        self, judged: Judged | Earlier, decision: DecisionRef, ignored: Collection[str] = ()
    ) -> HttpResponse:
        """Return the decision as it stood right after the act."""
        replayed = isinstance(judged, Earlier)
        upto = judged.seq if isinstance(judged, Earlier) else judged.appended[-1].header.seq
        record = queries.record_at(self.ledger, decision.decision_id, upto=upto or 0)
        return decision_answer(self.ledger, record, ignored=ignored, replayed=replayed)


class MarkIncorrect(VerdictView):
    """`/v1/decisions/{id}/incorrect`."""

    def post(self, _request: Request, decision_id: str) -> HttpResponse:
        """Record that the decision was wrong; a body is not needed."""
        decision = self.decision_ref(decision_id)
        body = self.read_body()
        members = {} if body.strip() in {b"", b"null"} else self.read_members(body)
        fields = Fields(members)
        reason = fields.text("reason")
        words = {"reason_code": fields.label("reason_code")}
        words["severity"] = fields.choice("severity", SEVERITIES)
        fields.check()
        with self.showing_current(decision):
            judged = reviewing.mark_incorrect(
                decision,
                actor=self.actor,
                clock=self.clock,
                reason=reason,
                expected_newest=conditions.seen_entry(self.plain),
                claim=self.claim(body),
                **words,
            )
        return self.answer(judged, decision, set(members) - set(OF_FLAG))


class AttachCorrection(VerdictView):
    """`/v1/decisions/{id}/correction`."""

    def post(self, _request: Request, decision_id: str) -> HttpResponse:
        """Record what the decision should have been; one that stands is superseded by it."""
        decision = self.decision_ref(decision_id)
        body = self.read_body()
        members = self.read_members(body)
        fields = Fields(members)
        correction = read_correction(fields)
        reason = fields.text("reason")
        fields.check()
        assert correction is not None
        with self.showing_current(decision):
            judged = reviewing.attach_correction(
                decision,
                correction,
                actor=self.actor,
                clock=self.clock,
                reason=reason,
                expected_newest=conditions.seen_entry(self.plain),
                claim=self.claim(body),
            )
        ignored = set(members) - set(OF_CORRECTION)
        if reason is not None and not self._superseded(judged):
            # A reason belongs to the entry that supersedes; without one nobody reads it.
            ignored.add("reason")
        return self.answer(judged, decision, ignored)

    def _superseded(self, judged: Judged | Earlier) -> bool:
        if isinstance(judged, Earlier):
            return queries.entry(self.ledger, judged.seq or 0).kind == SUPERSEDED
        return judged.appended[-1].header.kind == SUPERSEDED


class Confirm(VerdictView):
    """`/v1/decisions/{id}/confirm`."""

    def post(self, _request: Request, decision_id: str) -> HttpResponse:
        """Record that a person found the decision right."""
        decision = self.decision_ref(decision_id)
        body = self.read_body()
        fields = Fields(self.read_members(body, allowed=OF_CONFIRMATION) if body else {})
        note = fields.text("note", part="comment")
        stated = fields.entry("seen_seq")
        fields.check()
        seen = conditions.require_seen_entry(self.plain, stated=stated)
        with self.showing_current(decision):
            judged = reviewing.confirm(
                decision,
                actor=self.actor,
                clock=self.clock,
                expected_newest=seen,
                note=note,
                claim=self.claim(body),
            )
        return self.answer(judged, decision)


class Supersede(VerdictView):
    """`/v1/decisions/{id}/supersede`."""

    # Whose verdict it is decides which of the two is needed; that is looked at where it is read.
    acts = ("supersede_own", "supersede_any")

    def post(self, _request: Request, decision_id: str) -> HttpResponse:
        """Replace an earlier verdict, or take it back."""
        decision = self.decision_ref(decision_id)
        body = self.read_body()
        fields = Fields(self.read_members(body, allowed=OF_SUPERSESSION))
        entry = fields.entry("entry", required=True)
        verdict = fields.choice("verdict", VERDICTS, required=True)
        reason = fields.text("reason", required=True)
        reason_code = fields.label("reason_code")
        correction = read_correction(fields) if verdict == "corrected" else None
        if verdict != "corrected":
            fields.refuse_given(CORRECTED, "belongs to the verdict corrected alone.")
        fields.check()
        assert entry is not None
        assert verdict is not None
        assert reason is not None
        seen = conditions.require_seen_entry(self.plain)
        with self.showing_current(decision):
            judged = reviewing.supersede(
                decision,
                entry=entry,
                verdict=verdict,
                reason=reason,
                actor=self.actor,
                clock=self.clock,
                expected_newest=seen,
                content=correction,
                reason_code=reason_code,
                claim=self.claim(body),
            )
        return self.answer(judged, decision)


def read_correction(fields: Fields) -> CorrectionContent | None:
    """Return what a correction says; None when `fields` noted what is missing."""
    correction = fields.object("correction", required=True)
    corrected_by = fields.text("corrected_by", required=True, most=MAX_LABEL)
    notes = fields.text("notes")
    code = fields.label("reason_code")
    if correction is None or corrected_by is None:
        return None
    return CorrectionContent(correction, corrected_by, notes, code)


urlpatterns = [
    path("v1/decisions/<str:decision_id>/incorrect", MarkIncorrect.as_view()),
    path("v1/decisions/<str:decision_id>/correction", AttachCorrection.as_view()),
    path("v1/decisions/<str:decision_id>/confirm", Confirm.as_view()),
    path("v1/decisions/<str:decision_id>/supersede", Supersede.as_view()),
]
