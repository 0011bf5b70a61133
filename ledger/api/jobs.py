"""Long work to the caller who asked for it: where it stands, and asking it to end."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import roles
from ledger import jobs
from ledger.api import parameters
from ledger.api.base import WorkspaceAPIView
from ledger.api.integrity import known_id, written
from ledger.api.listing import by_id
from ledger.jobs import JobState

# Whoever could ask for a job may look after it; whose job it is decides the rest.
ANY_SCOPE = tuple(roles.ACTS)
_RESULTS = {"integrity_run": "/v1/integrity/runs/{}"}


class Jobs(WorkspaceAPIView):
    """`/v1/jobs`: the jobs that this caller asked for."""

    scope = ANY_SCOPE

    def get(self, _request: Request) -> Response:
        """Return jobs, newest first."""
        parameters.refuse_unknown(self.plain, ("limit", "cursor"))

        def read(before: str | None, limit: int) -> list[JobState]:
            return jobs.states_of(self.ledger, actor=self.actor, before=before, limit=limit)

        return by_id(self, "jobs", read, id_of=lambda job: job.job_id, shown=job_object)


class OneJob(WorkspaceAPIView):
    """`/v1/jobs/{id}`: one job."""

    scope = ANY_SCOPE

    def get(self, _request: Request, job_id: str) -> Response:
        """Return the job."""
        parameters.refuse_unknown(self.plain, ())
        return Response(
            job_object(jobs.state_of(self.ledger, known_id(job_id, "Job"), actor=self.actor))
        )


class CancelJob(WorkspaceAPIView):
    """`/v1/jobs/{id}/cancel`: ask a job to end."""

    scope: ClassVar[Mapping[str, Any]] = {"POST": ANY_SCOPE}

    def post(self, _request: Request, job_id: str) -> Response:
        """End a waiting job at once, a running one when it next looks up."""
        parameters.refuse_unknown(self.plain, ())
        body = self.read_body()
        if body:
            self.read_members(body, allowed=())
        return Response(
            job_object(jobs.cancel(self.ledger, known_id(job_id, "Job"), actor=self.actor))
        )


def job_object(job: JobState) -> dict[str, Any]:
    """Return a job as it is answered."""
    done = job.state == "succeeded"
    return {
        "job_id": job.job_id,
        "kind": job.kind,
        "state": job.state,
        "done": job.done,
        "total": job.total,
        "message": job.message,
        "created_at": written(job.created_at),
        "heartbeat_at": written(job.heartbeat_at),
        "finished_at": written(job.finished_at),
        "result_url": _RESULTS[job.kind].format(job.job_id) if done else None,
        "error": job.error or None,
    }


urlpatterns = [
    path("v1/jobs", Jobs.as_view()),
    path("v1/jobs/<str:job_id>", OneJob.as_view()),
    path("v1/jobs/<str:job_id>/cancel", CancelJob.as_view()),
]
