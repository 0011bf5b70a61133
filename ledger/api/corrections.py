"""Corrections, superseded ones too: what people said the answer should have been."""

from __future__ import annotations

import re
from typing import Any, Final

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from ledger import queries, search
from ledger.api import parameters
from ledger.api.base import WorkspaceAPIView
from ledger.api.listing import by_id
from ledger.api.objects import decision_url, part_value, present
from ledger.api.problems import shown
from ledger.errors import NotFound
from ledger.queries import corrections
from ledger.queries.corrections import CorrectionFilters, CorrectionRecord

STATES: Final = {"accepted": True, "superseded": False}
PARAMETERS: Final = ("q", "state", "service", "from", "to", "limit", "cursor")

_ID = re.compile(r"cor_[0-9a-f]{32}", re.ASCII)


class Corrections(WorkspaceAPIView):
    """`/v1/corrections`: every correction of the ledger, newest first."""

    scope = "read"

    def get(self, _request: Request) -> Response:
        """Return one slice of the list."""
        parameters.refuse_unknown(self.plain, PARAMETERS)
        request = self.plain
        query = search.parse_query(request.GET.get("q", ""), strict=True)
        filters = CorrectionFilters(
            stands=read_state(self),
            service=parameters.text(request, "service"),
            start=parameters.moment(request, "from"),
            end=parameters.moment(request, "to"),
            decisions=search.filters_of(
                self.ledger,
                query,
                at=self.clock(),
                actor_id=self.actor.id,
                within=sorted(self.access.services),
            ),
        )
        return self.slice_of(filters)

    def slice_of(self, filters: CorrectionFilters) -> Response:
        """Return what follows the cursor."""

        def read(before: str | None, limit: int) -> list[CorrectionRecord]:
            seq = None if before is None else int(before)
            return corrections.corrections_after(self.ledger, filters, before=seq, limit=limit)

        return by_id(
            self, "corrections", read, id_of=lambda record: str(record.seq), shown=self.shown
        )

    def shown(self, record: CorrectionRecord) -> dict[str, Any]:
        """Return a correction as it is answered."""
        return correction_object(
            record, decision_url=decision_url(self.ledger, record.decision_seq)
        )


class CorrectionsOfDecision(Corrections):
    """`/v1/decisions/{id}/corrections`."""

    def get(self, _request: Request, decision_id: str) -> Response:  # type: ignore[override]
        """Return the corrections of one decision, newest first."""
        parameters.refuse_unknown(self.plain, ("state", "limit", "cursor"))
        decision = self.decision_ref(decision_id)
        queries.decision(self.ledger, decision.decision_id)
        return self.slice_of(
            CorrectionFilters(decision_id=decision.decision_id, stands=read_state(self))
        )


class OneCorrection(Corrections):
    """`/v1/corrections/{id}`."""

    def get(self, _request: Request, correction_id: str) -> Response:  # type: ignore[override]
        """Return one correction."""
        parameters.refuse_unknown(self.plain, ())
        if not _ID.fullmatch(correction_id):
            raise NotFound(f"Correction {shown(correction_id)} not found")
        record = corrections.correction(self.ledger, correction_id)
        self.access.require_service(record.service)
        return Response(self.shown(record))


def read_state(view: WorkspaceAPIView) -> bool | None:
    """Return whether the corrections asked for stand; None asks for all."""
    sent = parameters.choice(view.plain, "state", ("", *STATES), default="")
    return STATES.get(sent)


def correction_object(record: CorrectionRecord, *, decision_url: str) -> dict[str, Any]:
    """Return a correction as it is answered."""
    output = record.parts.get("correction")
    ended = {"entry": record.superseded_seq, "by": record.superseded_by}
    return {
        "correction_id": record.correction_id,
        "seq": record.seq,
        "decision_id": record.decision_id,
        "decision_seq": record.decision_seq,
        "decision_url": decision_url,
        "service_name": record.service,
        "decision_type": record.decision_type,
        "output": part_value(output) if output else None,
        "corrected_by": present(record.parts.get("corrected_by")),
        "corrected_at": record.created_at,
        "notes": present(record.parts.get("notes")),
        "reason_code": record.reason_code,
        "made_by": {"type": record.made_type, "id": record.made_by},
        "state": "accepted" if record.superseded_seq is None else "superseded",
        "superseded": None if record.superseded_seq is None else ended,
    }


urlpatterns = [
    path("v1/decisions/<str:decision_id>/corrections", CorrectionsOfDecision.as_view()),
    path("v1/corrections", Corrections.as_view()),
    path("v1/corrections/<str:correction_id>", OneCorrection.as_view()),
]
