"""Recording a decision and reading it again: `/v1/decisions` and what lies under one id."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, ClassVar
from urllib.parse import quote

from django.http import HttpResponse, HttpResponseBase
from django.urls import path
from loopgrid_proof.headers import Header
from rest_framework.request import Request
from rest_framework.response import Response

from ledger import content, queries, recording, states
from ledger.api import conditions, listing, parameters
from ledger.api.base import WorkspaceAPIView
from ledger.api.included import INCLUDES, history_list, included
from ledger.api.measuring import RECORD_SECONDS
from ledger.api.objects import decision_object, entity_tag
from ledger.api.rendering import JSON, encode
from ledger.content import SealedPart
from ledger.idempotency import KEEP_RECORDING, Earlier
from ledger.queries import LedgerRef, PartContent, Record
from ledger.recording import Recorded

MAX_NAMED = 20


class Decisions(WorkspaceAPIView):
    """`/v1/decisions`: record one, or list them."""

    scope: ClassVar[Mapping[str, str]] = {"POST": "record", "GET": "read"}

    def check_throttles(self, request: Request) -> None:
        """Recording has an allowance of its own."""
        self.spend(request, "record" if request.method == "POST" else "default")

    def post(self, _request: Request) -> HttpResponse:
        """Record a decision; the answer comes once it is durable."""
        wanted = parameters.words(self.plain, "include", INCLUDES)
        body = self.read_body()
        submission = content.split_parts(
            self.read_members(body), trace=conditions.trace_of(self.plain)
        )
        self.access.require_service(submission.facts["svc"])
        with RECORD_SECONDS.time():
            answer = recording.record_decision(
                self.ledger,
                submission,
                actor=self.actor,
                clock=self.clock,
                claim=self.claim(body, keep=KEEP_RECORDING),
            )
        record = self._record_of(answer)
        return decision_answer(
            self.ledger,
            record,
            more=included(self.ledger, record.header, wanted, salts=_salts(record)),
            ignored=submission.ignored,
            replayed=isinstance(answer, Earlier),
        )

    def get(self, _request: Request) -> Response:
        """Return decisions, newest first: by page, or by cursor."""
        return (
            listing.by_cursor(self) if listing.wants_cursor(self.plain) else listing.by_page(self)
        )

    def _record_of(self, answer: Recorded | Earlier) -> Record:
        if isinstance(answer, Recorded):
            return record_just_made(answer.appended.header, answer.appended.parts, answer)
        return queries.record_at(self.ledger, answer.result or "", upto=answer.seq or 0)


class OneDecision(WorkspaceAPIView):
    """`/v1/decisions/{id}`: where a decision stands."""

    scope = "read"

    def get(self, _request: Request, decision_id: str) -> HttpResponseBase:
        """Return the decision, as the call that created or changed it did."""
        wanted = parameters.words(self.plain, "include", INCLUDES)
        self.decision_ref(decision_id)
        record = queries.record_of(self.ledger, decision_id)
        tag = entity_tag(record.state)
        if not wanted and conditions.is_unchanged(self.plain, tag=tag):
            return Response(status=304, headers={"ETag": tag})
        return decision_answer(
            self.ledger, record, more=included(self.ledger, record.header, wanted)
        )


class History(WorkspaceAPIView):
    """`/v1/decisions/{id}/history`: every entry about a decision."""

    scope = "read"

    def get(self, _request: Request, decision_id: str) -> Response:
        """Return the entries, oldest first, contents included."""
        parameters.refuse_unknown(self.plain, ())
        self.decision_ref(decision_id)
        return Response({"data": history_list(self.ledger, decision_id)})


def record_just_made(header: Header, parts: Collection[SealedPart], recorded: Recorded) -> Record:
    """Return the record of a decision that was appended just now, without asking the database."""
    state = states.state_of(states.fold([header]), content_hash=recorded.submission.content_hash)
    return Record(state, header, {part.ref.name: _kept(header.seq, part) for part in parts})


def _kept(seq: int, part: SealedPart) -> PartContent:
    ref = part.ref
    return PartContent(
        seq, ref.name, ref.cls, ref.media, ref.digest, "present", part.content, part.salt, None
    )


def _salts(record: Record) -> dict[str, bytes]:
    return {name: part.salt for name, part in record.parts.items() if part.salt is not None}


def decision_answer(
    ledger: LedgerRef,
    record: Record,
    *,
    more: Mapping[str, Any] | None = None,
    ignored: Collection[str] = (),
    replayed: bool = False,
) -> HttpResponse:
    """Return the answer that shows a decision, with its ETag and the names of unread keys.

    Written at once: REST framework's own answer would be made twice, and this one is the hot one.
    """
    headers = {"ETag": entity_tag(record.state)}
    if ignored:
        headers["LoopGrid-Ignored-Fields"] = ignored_header(ignored)
    if replayed:
        headers["Idempotency-Replayed"] = "true"
    text = encode({**decision_object(ledger, record), **(more or {})})
    return HttpResponse(text, content_type=JSON, headers=headers)


def ignored_header(names: Collection[str]) -> str:
    """Return names of ignored keys as a header value: percent-encoded, the first twenty."""
    return ", ".join(quote(name[:64], safe="/[]") for name in sorted(names)[:MAX_NAMED])


urlpatterns = [
    path("v1/decisions", Decisions.as_view()),
    path("v1/decisions/<str:decision_id>", OneDecision.as_view()),
    path("v1/decisions/<str:decision_id>/history", History.as_view()),
]
