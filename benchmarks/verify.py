"""Verifying a stored ledger against OpenSSL's SHA-256 over the same bytes, in one process.

    python -m benchmarks.verify [--decisions 50000] [--rounds 5] [--json FILE]

The full checks are what `verify_ledger` runs; the hash pass is the part of them that is hashing:
leaf and part digests, links and roots. Content travels from PostgreSQL in both.
"""

from __future__ import annotations

import argparse
import hashlib
import json
import subprocess
import sys
import time

import psycopg

from benchmarks import tables
from benchmarks.growth import _fill
from benchmarks.servers import PROJECT, Servers, running, write_json
from benchmarks.tables import Row

PIECE = 1 << 20


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--decisions", type=int, default=50_000)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--json")
    given = parser.parse_args()
    with running() as servers:
        _fill(servers, given.decisions)
        size = _hashed_bytes(servers)
        limit, full, hashing = [], [], []
        for _ in range(given.rounds):
            limit.append(size / _openssl_seconds(size))
            taken = _verify_seconds(servers)
            full.append(size / taken["full"])
            hashing.append(size / taken["hash_pass"])
    rows = [
        _row("P7 full checks", full, limit, 0.05),
        _row("P7 hash pass", hashing, limit, 0.30),
    ]
    tables.show("Verifying", rows, note=f"{given.decisions:,} decisions, {size / 1e6:,.0f} MB.")
    write_json(given.json, tables.as_figures(rows))


def _row(name: str, ours: list[float], limit: list[float], goal: float) -> Row:
    ratio = tables.median([a / b for a, b in zip(ours, limit, strict=True)])
    return Row(
        name,
        f"{tables.median(ours) / 1e6:,.0f} MB/s",
        f"{tables.median(limit) / 1e6:,.0f} MB/s SHA-256",
        ratio,
        f">= {goal:.2f}",
        ratio >= goal,
    )


def _hashed_bytes(servers: Servers) -> int:
    """Return how many bytes a verification has to hash: leaves and salted contents."""
    with psycopg.connect(servers.postgres.url()) as connection:
        row = connection.execute(
            "SELECT (SELECT sum(octet_length(leaf) + 1) FROM ledger_entry)"
            " + (SELECT sum(octet_length(content) + 49) FROM ledger_part)"
        ).fetchone()
    assert row is not None
    return int(row[0])


def _openssl_seconds(size: int) -> float:
    piece = bytes(PIECE)
    digest = hashlib.sha256()
    began = time.perf_counter()
    for _ in range(size // PIECE):
        digest.update(piece)
    digest.update(piece[: size % PIECE])
    digest.digest()
    return time.perf_counter() - began


def _verify_seconds(servers: Servers) -> dict[str, float]:
    """Verify in a process of its own, as the command does; a verdict other than intact ends it."""
    done = subprocess.run(
        [sys.executable, "-m", "benchmarks.verifying", "bench"],
        env={**servers.environment(), "DJANGO_SETTINGS_MODULE": "loopgrid_site.settings"},
        cwd=PROJECT,
        check=True,
        capture_output=True,
        text=True,
    )
    seconds: dict[str, float] = json.loads(done.stdout)
    return seconds


if __name__ == "__main__":
    main()
