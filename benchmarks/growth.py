"""Does anything get slower as the ledger grows: append, list, filter, search, pages.

    python -m benchmarks.growth [--sizes 1000,200000,1000000] [--json FILE]

One ledger is filled through the product's own verb to each size in turn; figures are taken at each,
and the ratio is that of the last to the first.
"""

from __future__ import annotations

import argparse
import subprocess
import sys
from dataclasses import dataclass
from urllib.parse import quote

from benchmarks import load, tables
from benchmarks.append import decision
from benchmarks.servers import PROJECT, Servers, require_whole, running, write_json
from benchmarks.tables import Row

READS = {
    "list, newest": "/v1/decisions?limit=50",
    "list, compatible page 1": "/v1/decisions?page=1&page_size=50",
    "list, compatible last page": "/v1/decisions?page={last}&page_size=50",
    "filter by service": "/v1/decisions?limit=50&service_name=claims-triage",
    "filter by service and type": "/v1/decisions?limit=50&q=" + quote("service:pricing type:reply"),
    "flagged": "/v1/decisions?limit=50&q=" + quote("is:flagged"),
    "words": "/v1/decisions?limit=50&q=" + quote("careful word7"),
    "hash prefix": "/v1/decisions?limit=50&q=" + quote("hash:abcdef"),
    "time range": "/v1/decisions?limit=50&q=" + quote("at:2026-01-01..2036-01-01"),
}
READ_GOAL_MS = 50
FLAT = 1.2


@dataclass
class At:
    """What was measured with this many decisions in the ledger."""

    size: int
    append_ms: float
    reads_ms: dict[str, float]


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", default="1000,200000,1000000")
    parser.add_argument("--seconds", type=float, default=4.0)
    parser.add_argument("--json")
    given = parser.parse_args()
    with running() as servers:
        servers.start_web()
        key = servers.key()
        found: list[At] = []
        filled = 0
        for size in map(int, given.sizes.split(",")):
            _fill(servers, size - filled)
            found.append(_measure(servers, key, size, given.seconds))
            filled = size
        require_whole(servers)
    rows = _rows(found)
    tables.show("Growth", rows, note=f"{found[0].size:,} to {found[-1].size:,} decisions.")
    write_json(given.json, tables.as_figures(rows))


def _fill(servers: Servers, count: int) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.filling", "bench", str(count)],
        env={**servers.environment(), "DJANGO_SETTINGS_MODULE": "loopgrid_site.settings"},
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    )
    print(f"{count:,} decisions: {done.stdout.strip()}", flush=True)


def _measure(servers: Servers, key: str, size: int, seconds: float) -> At:
    recording = load.request("POST", "/v1/decisions", host=servers.host, key=key, body=decision(1))
    report = load.run(servers.address, lambda: recording, connections=1, seconds=seconds)
    reads = {}
    for name, path in READS.items():
        asking = load.request("GET", path.format(last=size // 50), host=servers.host, key=key)
        one = load.run(
            servers.address, lambda asking=asking: asking, connections=1, seconds=1.5, warm_up=0.3
        )
        if set(one.statuses) != {200}:
            raise SystemExit(f"{path}: {one.statuses}")
        reads[name] = one.percentile(0.95)
    return At(size, report.percentile(0.5), reads)


def _rows(found: list[At]) -> list[Row]:
    first, last = found[0], found[-1]
    ratio = last.append_ms / first.append_ms
    rows = [
        Row(
            "P6 append, p50",
            _over_sizes([(at.size, at.append_ms) for at in found]),
            "",
            ratio,
            f"<= {FLAT}",
            ratio <= FLAT,
        )
    ]
    for name in READS:
        worst = max(at.reads_ms[name] for at in found)
        rows.append(
            Row(
                f"P9 {name}, p95",
                _over_sizes([(at.size, at.reads_ms[name]) for at in found]),
                "",
                last.reads_ms[name] / first.reads_ms[name],
                f"<= {READ_GOAL_MS} ms",
                worst <= READ_GOAL_MS,
            )
        )
    return rows


def _over_sizes(figures: list[tuple[int, float]]) -> str:
    return ", ".join(f"{size:,}: {value:.1f} ms" for size, value in figures)


if __name__ == "__main__":
    main()
