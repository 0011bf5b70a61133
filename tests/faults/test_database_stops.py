"""What was acknowledged survives an immediate stop of the database, because of the flush."""

from __future__ import annotations

import os
import signal
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest
from django.db import connections

from accounts import ids
from ledger.queries import LedgerRef
from loopgrid_site.embedded.postgres import PostgresServer
from tests.faults.conftest import PROJECT, start_writer

OPEN = """
import django, sys, uuid; django.setup()
from ledger import upkeep
from tests.support.cast import clock
upkeep.open_ledger(ledger_id=uuid.UUID(sys.argv[1]), workspace_id=uuid.UUID(sys.argv[2]),
                   slug=sys.argv[3], clock=clock)
"""
ACKNOWLEDGED_BEFORE_STOP = 150


@pytest.fixture(scope="module")
def durable() -> Iterator[PostgresServer]:
    """A PostgreSQL of its own with fsync on, migrated."""
    # Directly under the system's folder for such things: `nobody`, who runs the server when root
    # starts it, must be able to walk there.
    with tempfile.TemporaryDirectory(prefix="loopgrid-durable-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server = PostgresServer(
            folder / "postgres",
            sockets=folder / "sockets",
            log=folder / "postgres.log",
            environment=dict(os.environ),
        )
        server.start()
        try:
            _run(server, "-m", "django", "migrate", "--noinput", "-v", "0")
            yield server
        finally:
            server.stop()
    connections.close_all()


def _run(server: PostgresServer, *words: str) -> None:
    import sys

    subprocess.run(
        [sys.executable, *words],
        env={**os.environ, "DATABASE_URL": server.url(), "PYTHONPATH": str(PROJECT)},
        cwd=PROJECT,
        check=True,
    )


def _fresh_ledger(server: PostgresServer) -> LedgerRef:
    slug = f"acme-{ids.draw_uuid().hex[-12:]}"
    ledger = LedgerRef(ids.draw_uuid(), ids.draw_uuid(), f"test.example/{slug}")
    _run(server, "-c", OPEN, str(ledger.ledger_id), str(ledger.workspace_id), slug)
    return ledger


def _lost_in_a_stop(server: PostgresServer, ledger: LedgerRef, flush: str) -> int:
    """Stop the database at once under load; return how many acknowledged ones are gone after it."""
    writer = start_writer(ledger, "stream", flush, url=server.url())
    lines = iter(writer.stdout.readline, "")
    acknowledged = {next(lines).strip() for _ in range(ACKNOWLEDGED_BEFORE_STOP)}
    assert server.child is not None
    os.kill(server.child.pid, signal.SIGQUIT)
    server.child.wait(timeout=30)
    writer.kill()
    rest, _fault = writer.communicate(timeout=30)
    acknowledged |= {line.strip() for line in rest.splitlines() if len(line.strip()) == 36}
    server.start()
    with psycopg.connect(server.url()) as check:
        there = {
            row[0]
            for row in check.execute(
                "SELECT rec FROM ledger_entry WHERE ledger_id = %s", (ledger.ledger_id,)
            )
        }
        gap = check.execute(
            "SELECT count(*) <> max(seq) + 1 FROM ledger_entry WHERE ledger_id = %s",
            (ledger.ledger_id,),
        ).fetchone()
    assert gap == (False,)
    return len(acknowledged - there)


@pytest.mark.xdist_group("crash")
def test_no_acknowledged_decision_is_lost_in_an_immediate_stop(durable: PostgresServer) -> None:
    ledger = _fresh_ledger(durable)

    lost = [_lost_in_a_stop(durable, ledger, "flush") for _ in range(3)]

    assert lost == [0, 0, 0]


@pytest.mark.xdist_group("crash")
def test_the_test_would_see_a_loss_without_the_flush(durable: PostgresServer) -> None:
    ledger = _fresh_ledger(durable)

    lost = [_lost_in_a_stop(durable, ledger, "no-flush") for _ in range(3)]

    assert sum(lost) > 0
