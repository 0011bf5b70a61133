"""What was acknowledged survives an immediate stop of the database, because of the flush."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.db import connections

from loopgrid_site.embedded.postgres import PostgresServer
from tests.faults import stopping


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
            stopping.migrate(server)
            yield server
        finally:
            server.stop()
    connections.close_all()


@pytest.mark.xdist_group("crash")
def test_no_acknowledged_decision_is_lost_in_an_immediate_stop(durable: PostgresServer) -> None:
    ledger = stopping.fresh_ledger(durable)

    lost = [stopping.lost_in_a_stop(durable, ledger, "flush") for _ in range(3)]

    assert lost == [0, 0, 0]


@pytest.mark.xdist_group("crash")
def test_the_test_would_see_a_loss_without_the_flush(durable: PostgresServer) -> None:
    ledger = stopping.fresh_ledger(durable)

    lost = [stopping.lost_in_a_stop(durable, ledger, "no-flush") for _ in range(3)]

    assert sum(lost) > 0
