"""What gunicorn cannot be told on its command line, in the local product and in production."""

from __future__ import annotations

from typing import Any

from prometheus_client import multiprocess


def child_exit(_server: Any, worker: Any) -> None:
    """Drop the live gauges of a worker that ended, so that /metrics does not count it on."""
    multiprocess.mark_process_dead(worker.pid)
