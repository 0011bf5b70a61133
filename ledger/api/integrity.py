"""Whether the ledger is what was recorded: the quick answer, and runs that recompute all."""

from __future__ import annotations

import re
import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, ClassVar

from django.conf import settings
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from ledger import integrity, requesting
from ledger.api import parameters
from ledger.api.base import WorkspaceAPIView
from ledger.api.listing import by_id
from ledger.content.submission import read_time
from ledger.errors import NotFound
from ledger.integrity import Run

_RUN_ID = re.compile(r"job_[0-9a-f]{32}", re.ASCII)


class Verify(WorkspaceAPIView):
    """`/v1/integrity/verify`: a verdict within one request, which writes nothing."""

    scope = ("verify", "read")
    rate_policy = "heavy"

    def get(self, _request: Request) -> Response:
        """Return the verdict on the whole ledger; with `service_name`, counts of that service."""
        service = parameters.text(self.plain, "service_name")
        if service is not None:
            self.access.require_service(service)
        result = integrity.verify_workspace(
            self.workspace,
            seconds=settings.VERIFY_SECONDS,
            elapsed=time.monotonic,
            clock=self.clock,
            service=service,
        )
        whole = result.as_json()
        flat = {name: whole[name] for name in ("valid", "total", "broken_at", "message", "verdict")}
        return Response({**flat, "integrity": whole, "service_filter": service})


class Runs(WorkspaceAPIView):
    """`/v1/integrity/runs`: ask for a full recomputation, or list the runs there were."""

    scope: ClassVar[Mapping[str, Any]] = {"POST": "verify", "GET": ("verify", "read")}

    def check_throttles(self, request: Request) -> None:
        """A run reads the whole ledger."""
        self.spend(request, "heavy" if request.method == "POST" else "default")

    def post(self, _request: Request) -> Response:
        """Put a full run into the queue."""
        parameters.refuse_unknown(self.plain, ())
        body = self.read_body()
        if body:
            self.read_members(body, allowed=())
        asked = requesting.request_run(self.ledger, actor=self.actor, claim=self.claim(body))
        headers = {"Location": f"/v1/jobs/{asked.run_id}", "Retry-After": "1"}
        if asked.replayed:
            headers["Idempotency-Replayed"] = "true"
        run = integrity.run_of(self.ledger, asked.run_id)
        return Response(run_object(run), status=202, headers=headers)

    def get(self, _request: Request) -> Response:
        """Return runs, newest first."""
        parameters.refuse_unknown(self.plain, ("limit", "cursor"))

        def read(before: str | None, limit: int) -> list[Run]:
            return integrity.runs_of(self.ledger, before=before, limit=limit)

        return by_id(self, "runs", read, id_of=lambda run: run.run_id, shown=run_object)


class OneRun(WorkspaceAPIView):
    """`/v1/integrity/runs/{run_id}`: one run, with what it found and the entries around it."""

    scope = ("verify", "read")

    def get(self, _request: Request, run_id: str) -> Response:
        """Return the run."""
        parameters.refuse_unknown(self.plain, ())
        run = integrity.run_of(self.ledger, known_id(run_id, "Run"))
        around = [] if run.first_bad is None else integrity.neighbours(self.ledger, run.first_bad)
        found = [one.as_json() for one in run.findings]
        near = [
            {
                "seq": one.seq,
                "kind": one.kind,
                "leaf_hash": one.leaf_hash.hex(),
                "at": written(one.at),
            }
            for one in around
        ]
        return Response({**run_object(run), "findings": found, "neighbours": near})


def known_id(sent: str, noun: str) -> str:
    """Return the id of a run or job in an address; raises NotFound for what cannot be one."""
    if not _RUN_ID.fullmatch(sent):
        raise NotFound(f"{noun} not found.")
    return sent


def run_object(run: Run) -> dict[str, Any]:
    """Return a run as it is answered; what a run has only at its end is null before."""
    begin, end = run.recomputed or (None, None)
    return {
        "run_id": run.run_id,
        "job_id": run.run_id,
        "mode": run.mode,
        "state": run.state,
        "done": run.done,
        "total": run.total,
        "requested_by": {"type": run.by_type, "id": run.by},
        "created_at": written(run.created_at),
        "finished_at": written(run.finished_at),
        "verdict": run.verdict,
        "message": run.message,
        "size": run.size,
        "sealed_size": run.sealed_size,
        "recomputed": None if begin is None else {"from": begin, "to": end},
        "finding": run.finding,
        "counts": run.counts,
        "seq": run.seq,
    }


def written(moment: datetime | None) -> str | None:
    """Return a moment as every answer writes times; null stays null."""
    return None if moment is None else read_time(moment.isoformat())


urlpatterns = [
    path("v1/integrity/verify", Verify.as_view()),
    path("v1/integrity/runs", Runs.as_view()),
    path("v1/integrity/runs/<str:run_id>", OneRun.as_view()),
]
