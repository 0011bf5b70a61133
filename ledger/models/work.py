"""Working state: jobs with their progress and the heartbeats of processes; evidence of nothing."""

from __future__ import annotations

from django.db import models

from accounts import ids


def draw_job_id() -> str:
    """Return a job's id."""
    return ids.draw_id("job")


class Job(models.Model):
    """Long work with progress. The row is the truth; a message only wakes a worker."""

    job_id = models.CharField(primary_key=True, max_length=36, default=draw_job_id)
    ledger_id = models.UUIDField()
    kind = models.CharField(max_length=40)
    state = models.CharField(max_length=10, default="queued")
    actor = models.JSONField()
    asked = models.JSONField(default=dict)
    result = models.JSONField(null=True)
    error = models.CharField(max_length=200, blank=True, default="")
    message = models.CharField(max_length=200, blank=True, default="")
    done = models.BigIntegerField(default=0)
    total = models.BigIntegerField(null=True)
    attempts = models.SmallIntegerField(default=0)
    cancel_asked = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)
    started_at = models.DateTimeField(null=True)
    heartbeat_at = models.DateTimeField(null=True)
    finished_at = models.DateTimeField(null=True)

    class Meta:
        constraints = (
            models.CheckConstraint(
                condition=models.Q(
                    state__in=("queued", "running", "succeeded", "failed", "cancelled")
                ),
                name="ledger_job_state",
            ),
        )
        indexes = (
            models.Index(fields=("ledger_id", "-created_at"), name="ledger_job_by_ledger"),
            models.Index(
                fields=("state", "heartbeat_at"),
                name="ledger_job_unfinished",
                condition=models.Q(state__in=("queued", "running")),
            ),
        )

    def __str__(self) -> str:
        return f"{self.job_id} {self.state}"


class Heartbeat(models.Model):
    """When a process last said that it lives; `worker`, `beat` and `notary` write one each."""

    name = models.CharField(primary_key=True, max_length=40)
    seen_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.name} {self.seen_at:%Y-%m-%d %H:%M:%S}"
