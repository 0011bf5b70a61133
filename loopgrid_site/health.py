"""Is it up, does it work: what supervisors, load balancers and people ask.

`/health/live` touches nothing. `/health/ready` asks the database, for at most a second, and looks
at what the other processes wrote; only what recording needs takes a web process out of service.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Final

import redis
from django.conf import settings
from django.db import DatabaseError, connection, transaction
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.utils import timezone
from django.views.decorators.http import require_safe

from ledger.queries import figures

OK, FAILING, STALE = "ok", "failing", "stale"
# Recording works without the others, so they are reported and demand nothing.
DEMANDED: Final = ("database", "migrations", "recovery")
PROCESSES: Final = ("worker", "beat", "notary")
BROKER_SECONDS: Final = 0.5

# What the web process must not be able to do, if the roles are those it should run with.
_ROLES = """
SELECT NOT rolsuper AND NOT has_table_privilege('ledger_entry', 'UPDATE')
  AND NOT has_table_privilege('ledger_entry', 'DELETE')
FROM pg_roles WHERE rolname = current_user
"""


@require_safe
def health(_request: HttpRequest) -> HttpResponse:
    """Say that the web process answers, and which version it is."""
    return JsonResponse({"status": "healthy", "version": settings.VERSION, "service": "loopgrid"})


@require_safe
def live(_request: HttpRequest) -> HttpResponse:
    """Answer while the process runs; asks nobody."""
    return JsonResponse({"status": "live"})


@require_safe
def ready(_request: HttpRequest) -> HttpResponse:
    """Say of every part whether it works; 503 when decisions could not be recorded."""
    report = {**database_report(), "broker": broker_state()}
    demanded = all(report[name] == OK for name in DEMANDED)
    return JsonResponse(report, status=200 if demanded else 503)


def database_report() -> dict[str, str]:
    """Return the state of everything that the database can tell."""
    names = ["database", *DEMANDED[1:], "roles", *(f"{name}_heartbeat" for name in PROCESSES)]
    try:
        with transaction.atomic(), connection.cursor() as rows:
            rows.execute("SET LOCAL statement_timeout = '1s'")
            return {
                "database": OK,
                "migrations": _state(is_migrated()),
                # This version erases nothing, so a restored backup leaves nothing to repeat.
                "recovery": OK,
                "roles": _state(has_narrow_role()),
                **heartbeat_states(),
            }
    except DatabaseError:
        return dict.fromkeys(names, FAILING)


def is_migrated() -> bool:
    """Say whether the database has every migration that this code brings."""
    return wanted_migrations() <= MigrationRecorder(connection).applied_migrations().keys()


@cache
def wanted_migrations() -> frozenset[tuple[str, str]]:
    """Return the newest migration of every app, as this process was started with it."""
    return frozenset(MigrationLoader(None).graph.leaf_nodes())


def has_narrow_role() -> bool:
    """Say whether this process is unable to change what was appended."""
    with connection.cursor() as rows:
        rows.execute(_ROLES)
        row = rows.fetchone()
    return bool(row and row[0])


def heartbeat_states() -> Mapping[str, str]:
    """Return the state of each other process by what it last wrote."""
    seen, at = figures.beats(), timezone.now()
    return {
        f"{name}_heartbeat": FAILING
        if name not in seen
        else STALE
        if at - seen[name] > figures.SILENT_AFTER
        else OK
        for name in PROCESSES
    }


def broker_state() -> str:
    """Return whether the broker answers."""
    try:
        with redis.Redis.from_url(
            settings.CACHE_URL,
            socket_timeout=BROKER_SECONDS,
            socket_connect_timeout=BROKER_SECONDS,
        ) as broker:
            return _state(bool(broker.ping()))
    except redis.RedisError:
        return FAILING


def _state(works: bool) -> str:  # noqa: FBT001  the one thing that is asked
    return OK if works else FAILING
