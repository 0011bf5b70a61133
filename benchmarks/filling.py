"""Fills a ledger through the product's own verb, many decisions at a time.

    python -m benchmarks.filling WORKSPACE COUNT

Runs inside a process that has the product's settings; prints the rate.
"""

from __future__ import annotations

import sys
import time

import django

django.setup()  # before anything that names a model

from django.utils import timezone  # noqa: E402

from accounts import actors, ids  # noqa: E402
from accounts.queries import workspace_by_slug  # noqa: E402
from benchmarks.append import decision  # noqa: E402
from ledger import content, indexing, queries, recording  # noqa: E402

CHUNK = 500
SERVICES = ("support-agent", "claims-triage", "cv-screening", "fraud-check", "pricing")
KINDS = (b"reply", b"refund_decision", b"shortlist")


def varied(number: int) -> bytes:
    """Return a decision of one of five services and three types, each with words of its own."""
    raw = decision(number)
    service = SERVICES[number % len(SERVICES)].encode()
    raw = raw.replace(b"support-agent", service, 1)
    raw = raw.replace(b"customer_support_reply", KINDS[number % len(KINDS)], 1)
    return raw.replace(b"careful", b"careful word%d" % (number % 997), 1)


def fill(slug: str, count: int) -> float:
    """Record `count` decisions in a workspace and return the rate."""
    workspace = workspace_by_slug(slug)
    if workspace is None:
        raise SystemExit(f"there is no workspace {slug}")
    ledger = queries.ledger_of(workspace.id)
    agent = actors.service(ids.draw_id("key"))
    began = time.perf_counter()
    for start in range(0, count, CHUNK):
        items = [
            recording.BatchItem(content.split_parts(content.slice_members(varied(number))))
            for number in range(start, min(start + CHUNK, count))
        ]
        recording.record_decisions(ledger, items, actor=agent, clock=timezone.now)
    return count / (time.perf_counter() - began)


def follow() -> None:
    """Bring counters and search copies up, as the worker does every few seconds."""
    while any(indexing.reach_of(ledger).behind for ledger in queries.open_ledgers()):
        indexing.catch_up(clock=timezone.now)


if __name__ == "__main__":
    rate = fill(sys.argv[1], int(sys.argv[2]))
    follow()
    print(f"{rate:,.0f} decisions a second")
