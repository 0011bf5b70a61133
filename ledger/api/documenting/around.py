"""What needs no workspace: the start, probes, figures and this description."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.api.documenting import schemas as s
from ledger.api.documenting.operations import Operation, json

OPERATING: Final = "Operations"

_STATE = s.one_of("ok", "failing", "stale")
_READY = json(
    s.an_object(
        dict.fromkeys(
            (
                "database",
                "migrations",
                "recovery",
                "roles",
                "worker_heartbeat",
                "beat_heartbeat",
                "notary_heartbeat",
                "broker",
            ),
            _STATE,
        )
    )
)

OPERATIONS: Final[Mapping[str, Operation]] = {
    "GET /": Operation(
        "info",
        OPERATING,
        "Say what this is; a browser is led to the pages.",
        {
            200: json(
                s.an_object(
                    {
                        "name": s.STRING,
                        "version": s.STRING,
                        "description": s.STRING,
                        "docs": s.STRING,
                    }
                )
            )
        },
        is_open=True,
    ),
    "GET /health": Operation(
        "health",
        OPERATING,
        "Say that the web process answers.",
        {200: json(s.an_object({"status": s.STRING, "version": s.STRING, "service": s.STRING}))},
        is_open=True,
    ),
    "GET /health/live": Operation(
        "health_live",
        OPERATING,
        "Answer while the process runs.",
        {200: json(s.an_object({"status": s.STRING}))},
        is_open=True,
    ),
    "GET /health/ready": Operation(
        "health_ready",
        OPERATING,
        "Say of every part whether it works; 503 when decisions could not be recorded.",
        {200: _READY, 503: _READY},
        is_open=True,
    ),
    "GET /metrics": Operation(
        "metrics",
        OPERATING,
        "Return the figures of this installation for Prometheus; loopback needs no key.",
        {200: {"text/plain": s.STRING}},
    ),
    "GET /openapi.json": Operation(
        "openapi",
        OPERATING,
        "Return this description.",
        {200: json(s.OBJECT)},
        is_open=True,
    ),
}
