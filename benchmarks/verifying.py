"""Verifies one workspace's ledger in this process and prints how long it took, as JSON.

    python -m benchmarks.verifying WORKSPACE

Seconds: `full` is what a run does, `hash_pass` leaf and part digests and the root alone, both with
the content fetched from PostgreSQL. A broken verdict ends it.
"""

from __future__ import annotations

import json
import sys
import time

import django

django.setup()  # before anything that names a model

import psycopg  # noqa: E402
from loopgrid_proof.errors import Verdict  # noqa: E402
from loopgrid_proof.merkle import CompactRange  # noqa: E402
from loopgrid_proof.verify import hash_pass  # noqa: E402

from accounts.queries import workspace_by_slug  # noqa: E402
from ledger import integrity, queries  # noqa: E402
from ledger.append.locking import raw_connection  # noqa: E402
from ledger.queries import LedgerRef  # noqa: E402

CHUNK = 1000
ENTRIES = (
    "SELECT leaf FROM ledger_entry WHERE ledger_id = %s AND seq >= %s AND seq < %s ORDER BY seq"
)
PARTS = """
SELECT seq, salt, content FROM ledger_part
WHERE ledger_id = %s AND seq >= %s AND seq < %s ORDER BY seq, name
"""


def full(ledger: LedgerRef) -> float:
    """Return the seconds of a full verification."""
    began = time.perf_counter()
    result = integrity.verify_integrity(ledger)
    taken = time.perf_counter() - began
    if result.verdict is Verdict.BROKEN:
        raise SystemExit(f"not a ledger to measure: {result.message}")
    return taken


def hashes(ledger: LedgerRef) -> float:
    """Return the seconds of the hash pass, content fetched from PostgreSQL included."""
    end = queries.end_of(ledger)
    if end is None:
        raise SystemExit("the ledger is empty")
    tree, raw = CompactRange(), raw_connection()
    began = time.perf_counter()
    with psycopg.Cursor(raw) as cursor:
        for start in range(0, end.size, CHUNK):
            bounds = (ledger.ledger_id, start, start + CHUNK)
            leaves = cursor.execute(ENTRIES, bounds, binary=True).fetchall()
            parts: list[list[tuple[bytes, bytes]]] = [[] for _ in leaves]
            for seq, salt, content in cursor.execute(PARTS, bounds, binary=True):
                parts[seq - start].append((salt, content))
            altered = hash_pass(
                ((leaf, own) for (leaf,), own in zip(leaves, parts, strict=True)), tree
            )
            if altered:
                raise SystemExit(f"altered: {altered[:5]}")
    return time.perf_counter() - began


def main() -> None:
    """Measure and print."""
    workspace = workspace_by_slug(sys.argv[1])
    if workspace is None:
        raise SystemExit(f"there is no workspace {sys.argv[1]}")
    ledger = queries.ledger_of(workspace.id)
    print(json.dumps({"full": full(ledger), "hash_pass": hashes(ledger)}))


if __name__ == "__main__":
    main()
