"""How long `manage.py up` takes until it is healthy, from an installed tree.

    python -m benchmarks.start [--rounds 5] [--json FILE]

The first start makes the database and is printed beside the later ones.
"""

from __future__ import annotations

import argparse
import os
import signal
import subprocess
import sys
import tempfile
import time

from benchmarks import tables
from benchmarks.servers import PROJECT, _free_port, wait_for, write_json
from benchmarks.tables import Row

GOAL_SECONDS = 5.0


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="loopgrid-start-") as folder:
        os.chmod(folder, 0o755)  # noqa: PTH101, S103  the database's user walks through it
        first = _seconds(folder)
        later = [_seconds(folder) for _ in range(given.rounds)]
    middle = tables.median(later)
    rows = [
        Row("first start, with initdb and migrations", f"{first:.1f} s", "", None, "", None),
        Row("P12 later starts", f"{middle:.1f} s", "", None, "<= 5 s", middle <= GOAL_SECONDS),
    ]
    tables.show("Starting", rows)
    write_json(given.json, tables.as_figures(rows))


def _seconds(folder: str) -> float:
    port = _free_port()
    own = {"LOOPGRID_DATA_DIR": folder, "LOOPGRID_PORT": str(port), "LOOPGRID_BOOTSTRAP": "0"}
    began = time.perf_counter()
    product = subprocess.Popen(
        [sys.executable, "manage.py", "up"],
        env={**os.environ, **own},
        cwd=PROJECT,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    wait_for(f"http://127.0.0.1:{port}/health/ready", seconds=60)
    taken = time.perf_counter() - began
    product.send_signal(signal.SIGINT)
    product.wait(timeout=60)
    return taken


if __name__ == "__main__":
    main()
