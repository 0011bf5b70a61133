"""Stopping a durable database under load, and counting what was lost; shared with benchmarks."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import psycopg

from accounts import ids
from loopgrid_site.embedded.postgres import PostgresServer
from tests.faults.starting import PROJECT, Opened, start_writer

OPEN = """
import django, sys, uuid; django.setup()
from ledger import upkeep
from tests.support.cast import clock
upkeep.open_ledger(ledger_id=uuid.UUID(sys.argv[1]), workspace_id=uuid.UUID(sys.argv[2]),
                   slug=sys.argv[3], clock=clock)
"""
ACKNOWLEDGED_BEFORE_STOP = 150
ID_LENGTH = 36


def migrate(server: PostgresServer) -> None:
    """Bring the tables into a database that was just made."""
    _run(server, "-m", "django", "migrate", "--noinput", "-v", "0")


def fresh_ledger(server: PostgresServer) -> Opened:
    """Open a ledger of its own in this database."""
    slug = f"acme-{ids.draw_uuid().hex[-12:]}"
    ledger = Opened(ids.draw_uuid(), ids.draw_uuid(), f"test.example/{slug}")
    _run(server, "-c", OPEN, str(ledger.ledger_id), str(ledger.workspace_id), slug)
    return ledger


def lost_in_a_stop(server: PostgresServer, ledger: Opened, flush: str) -> int:
    """Stop the database at once under load; return how many acknowledged ones are gone after it."""
    writer = start_writer(ledger, "stream", flush, url=server.url())
    assert writer.stdout is not None
    assert server.child is not None
    lines = iter(writer.stdout.readline, "")
    acknowledged = {next(lines).strip() for _ in range(ACKNOWLEDGED_BEFORE_STOP)}
    os.kill(server.child.pid, signal.SIGQUIT)
    server.child.wait(timeout=30)
    writer.kill()
    rest, _fault = writer.communicate(timeout=30)
    acknowledged |= {line.strip() for line in rest.splitlines() if len(line.strip()) == ID_LENGTH}
    server.start()
    return len(acknowledged - _there(server, ledger))


def _there(server: PostgresServer, ledger: Opened) -> set[str]:
    """Return the records of the ledger, whose numbers must have no gap."""
    with psycopg.connect(server.url()) as check:
        rows = check.execute(
            "SELECT rec, seq FROM ledger_entry WHERE ledger_id = %s ORDER BY seq",
            (ledger.ledger_id,),
        ).fetchall()
    assert [seq for _rec, seq in rows] == list(range(len(rows)))
    return {rec for rec, _seq in rows}


def _run(server: PostgresServer, *words: str) -> None:
    settings = {
        "DATABASE_URL": server.url(),
        "PYTHONPATH": str(PROJECT),
        "DJANGO_SETTINGS_MODULE": "loopgrid_site.settings",
        "LOOPGRID_MODE": "test",
        "REDIS_URL": os.environ.get("REDIS_URL", "unix:///nonexistent"),
    }
    subprocess.run(
        [sys.executable, *words], env={**os.environ, **settings}, cwd=PROJECT, check=True
    )
