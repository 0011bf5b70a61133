"""Recording one decision over HTTP against raw one-row INSERT commits, and batches against COPY.

    python -m benchmarks.append [--rounds 5] [--seconds 5] [--json FILE]

Rounds are interleaved. Before any figure is printed the ledger is read back: every acknowledged
decision must be there, the numbers without a gap and the verdict intact.
"""

from __future__ import annotations

import argparse
import json
import re
import subprocess
import time
from collections.abc import Callable

import psycopg

from benchmarks import load, tables
from benchmarks.servers import (
    Servers,
    cpu_seconds,
    require_whole,
    running,
    set_options,
    socket_url,
    write_json,
)
from benchmarks.tables import Row

RAW = (
    "INSERT INTO raw (a, b, c, d)"
    " VALUES (:n, 'decision.recorded', repeat('x', 300), repeat('y', 1700));"
)


def decision(number: int) -> bytes:
    """Return a decision of about 2 kB."""
    return json.dumps(
        {
            "service_name": "support-agent",
            "decision_type": "customer_support_reply",
            "input": {"message": f"I was charged twice for order {number}. " * 12},
            "model": {"provider": "openai", "name": "gpt-4", "temperature": 0.2},
            "output": {"response": "I can see the duplicate charge and refund it. " * 14},
            "prompt": {"template": "support_v1", "text": "You are a careful agent. " * 8},
            "metadata": {"ticket": f"T-{number}", "lines": [{"sku": "a", "price": 49.0}] * 4},
        }
    ).encode()


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=float, default=5.0)
    parser.add_argument("--json")
    given = parser.parse_args()
    with running() as servers:
        servers.start_web()
        key = servers.key()
        bodies = _cycle(
            [
                load.request("POST", "/v1/decisions", host=servers.host, key=key, body=decision(n))
                for n in range(64)
            ]
        )
        _prepare_raw(servers)
        rows = [
            _single(
                servers, bodies, given, clients=32, goal=0.20, name="P1 single append, 32 clients"
            )
        ]
        rows.append(_cpu(servers, bodies, given))
        set_options(servers, commit_delay="2000", commit_siblings="0")
        servers.stop_web()
        servers.start_web()
        rows.append(
            _single(
                servers,
                bodies,
                given,
                clients=8,
                goal=0.35,
                name="P2 single append, 8 clients, commit_delay 2 ms",
            )
        )
        set_options(servers, commit_delay="0", commit_siblings="5")
        rows.append(_batch(servers, key, given))
        require_whole(servers)
    tables.show("Recording", rows, note="Client, server and database share the cores.")
    write_json(given.json, tables.as_figures(rows))


def _cycle(requests: list[bytes]) -> Callable[[], bytes]:
    number = 0

    def following() -> bytes:
        nonlocal number
        number += 1
        return requests[number % len(requests)]

    return following


def _prepare_raw(servers: Servers) -> None:
    with psycopg.connect(servers.postgres.url(), autocommit=True) as connection:
        connection.execute(
            "CREATE TABLE raw (id bigserial PRIMARY KEY, a bigint, b text, c text, d text)"
        )
    (servers.folder / "raw.sql").write_text(
        "\\set n random(1, 1000000)\n" + RAW + "\n", encoding="utf-8"
    )


def _pgbench(servers: Servers, *, clients: int, seconds: float) -> float:
    done = subprocess.run(
        [
            str(servers.postgres.binaries() / "pgbench"),
            *("-n", "-M", "prepared", "-f", str(servers.folder / "raw.sql")),
            *("-c", str(clients), "-j", "2", "-T", str(max(1, int(seconds)))),
            socket_url(servers.postgres, "loopgrid"),
        ],
        check=True,
        capture_output=True,
        text=True,
    )
    found = re.search(r"tps = ([\d.]+)", done.stdout)
    if found is None:
        raise ValueError("pgbench printed no rate")
    return float(found.group(1))


def _single(
    servers: Servers,
    bodies: Callable[[], bytes],
    given: argparse.Namespace,
    *,
    clients: int,
    goal: float,
    name: str,
) -> Row:
    raw, ours, ratios = [], [], []
    for _ in range(given.rounds):
        raw.append(_pgbench(servers, clients=clients, seconds=given.seconds))
        report = load.run(servers.address, bodies, connections=clients, seconds=given.seconds)
        _require_ok(report)
        ours.append(report.rate)
        ratios.append(report.rate / raw[-1])
    ratio = tables.median(ratios)
    return Row(
        name,
        f"{tables.median(ours):,.0f}/s, p50 {report.percentile(0.5):.1f} ms,"
        f" p99 {report.percentile(0.99):.1f} ms",
        f"{tables.median(raw):,.0f} INSERT commits/s",
        ratio,
        f">= {goal:.2f}",
        ratio >= goal,
    )


def _require_ok(report: load.Report) -> None:
    if set(report.statuses) != {200}:
        raise SystemExit(f"not every answer was 200: {report.statuses}")


def _cpu(servers: Servers, bodies: Callable[[], bytes], given: argparse.Namespace) -> Row:
    assert servers.web is not None
    costs = []
    for _ in range(given.rounds):
        before = cpu_seconds(servers.web.pid)
        report = load.run(servers.address, bodies, connections=8, seconds=given.seconds, warm_up=0)
        used = cpu_seconds(servers.web.pid) - before
        costs.append(used / report.statuses[200] * 1e6)
    cost = tables.median(costs)
    return Row(
        "P4 CPU of the application per single append",
        f"{cost:,.0f} µs",
        "",
        None,
        "<= 400 µs",
        cost <= 400,
    )


def _batch(servers: Servers, key: str, given: argparse.Namespace) -> Row:
    items = [json.loads(decision(number)) for number in range(500)]
    body = json.dumps({"decisions": items}).encode()
    one = load.request("POST", "/v1/decisions/batch", host=servers.host, key=key, body=body)
    raw, ours, ratios = [], [], []
    for _ in range(given.rounds):
        raw.append(_copy(servers, 20_000))
        report = load.run(servers.address, lambda: one, connections=4, seconds=given.seconds)
        _require_ok(report)
        ours.append(report.rate * 500)
        ratios.append(ours[-1] / raw[-1])
    ratio = tables.median(ratios)
    return Row(
        "P5 batches of 500, 4 clients",
        f"{tables.median(ours):,.0f} decisions/s",
        f"{tables.median(raw):,.0f} rows/s by COPY",
        ratio,
        ">= 0.25",
        ratio >= 0.25,
    )


def _copy(servers: Servers, rows: int) -> float:
    with psycopg.connect(servers.postgres.url()) as connection:
        began = time.perf_counter()
        with connection.cursor().copy("COPY raw (a, b, c, d) FROM STDIN") as copy:
            line = f"1\tdecision.recorded\t{'x' * 300}\t{'y' * 1700}\n".encode() * 500
            for _ in range(rows // 500):
                copy.write(line)
        connection.commit()
        return rows / (time.perf_counter() - began)


if __name__ == "__main__":
    main()
