"""Acknowledged decisions lost in immediate database stops and process kills under load.

    python -m benchmarks.stops [--stops 100] [--json FILE]

Every second round is a control without the flush behind the commit, which must lose some: a test
that cannot see a loss proves nothing. Power loss is not tried; the disk's own cache is not in
question here.
"""

from __future__ import annotations

import argparse
import os
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path

from benchmarks import tables
from benchmarks.servers import write_json
from benchmarks.tables import Row
from loopgrid_site.embedded.postgres import PostgresServer
from tests.faults import stopping


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--stops", type=int, default=100)
    parser.add_argument("--json")
    given = parser.parse_args()
    with ExitStack() as stack:
        server = _durable(stack)
        ledger = stopping.fresh_ledger(server)
        lost = {"flush": 0, "no-flush": 0}
        for number in range(given.stops):
            lost["flush"] += stopping.lost_in_a_stop(server, ledger, "flush")
            if number % 10 == 0:
                lost["no-flush"] += stopping.lost_in_a_stop(server, ledger, "no-flush")
    rows = [
        Row(
            f"P10 lost in {given.stops} stops", str(lost["flush"]), "", None, "0", not lost["flush"]
        ),
        Row(
            "control without the flush",
            str(lost["no-flush"]),
            "",
            None,
            "> 0",
            lost["no-flush"] > 0,
        ),
    ]
    tables.show("Stops under load", rows)
    write_json(given.json, tables.as_figures(rows))


def _durable(stack: ExitStack) -> PostgresServer:
    folder = Path(tempfile.mkdtemp(prefix="loopgrid-stops-"))
    folder.chmod(0o755)
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    server = PostgresServer(
        folder / "postgres",
        sockets=folder / "sockets",
        log=folder / "postgres.log",
        environment=dict(os.environ),
    )
    server.start()
    stack.callback(server.stop)
    stopping.migrate(server)
    return server


if __name__ == "__main__":
    main()
