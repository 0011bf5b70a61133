"""How long recording takes, for `/metrics`; kept by each process and added up at the scrape."""

from __future__ import annotations

from prometheus_client import Histogram

RECORD_SECONDS = Histogram(
    "loopgrid_record_seconds",
    "Time from a parsed decision to its durable entry.",
    buckets=(0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1, 2.5, 5, 15),
)
