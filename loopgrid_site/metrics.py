"""`/metrics` for Prometheus: what this installation does and how far behind its parts are.

Figures about ledgers are read from PostgreSQL at the scrape, so that every process tells the same;
times of requests are kept by each process and added up. No label names a workspace, service or id.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from django.http import HttpResponse
from django.utils import timezone
from prometheus_client import CollectorRegistry, multiprocess
from prometheus_client.core import REGISTRY, GaugeMetricFamily, Metric
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from prometheus_client.registry import Collector

from accounts.authentication import is_cross_site, is_local_call
from ledger.api.base import WorkspaceAPIView
from ledger.queries import figures
from loopgrid_site import env

# Name, the figure it shows, what it means. A figure that is unknown is left out, never zero.
GAUGES = (
    ("loopgrid_ledgers", "ledgers", "Open ledgers."),
    ("loopgrid_entries", "entries", "Entries in open ledgers."),
    ("loopgrid_head_seq", "head_seq", "The highest number of an entry in any ledger."),
    ("loopgrid_unsealed_entries", "unsealed", "Entries that no checkpoint covers yet."),
    (
        "loopgrid_oldest_unsealed_seconds",
        "unsealed_s",
        "Age of the oldest entry that no checkpoint covers yet.",
    ),
    (
        "loopgrid_checkpoint_age_seconds",
        "notary_s",
        "Time since the notary last spoke about the ledger it neglects most.",
    ),
    ("loopgrid_notary_alarms", "alarms", "Ledgers that the notary refuses to sign."),
    (
        "loopgrid_full_verification_age_seconds",
        "verified_s",
        "Age of the full verification that is longest ago.",
    ),
    ("loopgrid_ledgers_never_verified", "never_verified", "Ledgers without a full verification."),
    ("loopgrid_ledgers_broken", "broken", "Ledgers whose newest verification says broken."),
    ("loopgrid_ledgers_unproven", "unproven", "Ledgers whose newest verification says unproven."),
    ("loopgrid_jobs_queued", "jobs_queued", "Jobs that wait for a worker."),
    ("loopgrid_jobs_running", "jobs_running", "Jobs that a worker runs."),
    ("loopgrid_oldest_job_seconds", "jobs_s", "Age of the oldest job that is not finished."),
)


class LedgerCollector(Collector):
    """Reads the figures when they are asked for."""

    def collect(self) -> Iterator[Metric]:
        """Yield one gauge for each figure that is known."""
        found = figures.figures()
        for name, figure, meaning in GAUGES:
            value = getattr(found, figure)
            if value is not None:
                yield GaugeMetricFamily(name, meaning, value=value)
        yield _heartbeats()


def _heartbeats() -> Metric:
    ages = GaugeMetricFamily(
        "loopgrid_heartbeat_age_seconds",
        "Time since a process said that it lives.",
        labels=["process"],
    )
    now = timezone.now()
    for name, seen_at in figures.beats().items():
        ages.add_metric([name], (now - seen_at).total_seconds())
    return ages


class Metrics(WorkspaceAPIView):
    """`/metrics`, for a key with the scope ops and for this machine itself."""

    scope = "ops"
    media_types = ("text/plain", "application/openmetrics-text")

    def initial(self, request: Any, *args: Any, **kwargs: Any) -> None:
        """Let this machine in; everybody else shows a key."""
        plain = self.plain
        if not is_local_call(plain) or is_cross_site(plain):
            super().initial(request, *args, **kwargs)

    def get(self, _request: Any) -> HttpResponse:
        """Return every figure in Prometheus' text form."""
        return HttpResponse(generate_latest(registry()), content_type=CONTENT_TYPE_LATEST)


def registry() -> CollectorRegistry:
    """Return what is shown: the ledgers, and the requests of this or of all processes."""
    shown = CollectorRegistry()
    shown.register(LedgerCollector())
    if env.read("PROMETHEUS_MULTIPROC_DIR"):
        multiprocess.MultiProcessCollector(shown)  # type: ignore[no-untyped-call]
    else:
        shown.register(_OwnProcess())
    return shown


class _OwnProcess(Collector):
    def collect(self) -> Iterator[Metric]:
        yield from REGISTRY.collect()
