"""Recomputes stored ledgers and says what became of them.

`verify_integrity` reads and never writes; `running` does it as a job whose result becomes an entry;
`standing` is the newest word, cheap enough for every page.
"""

from ledger.integrity.ranges import verify_in_processes, verify_in_ranges
from ledger.integrity.result import (
    EarlierRun,
    FirstBad,
    IntegrityResult,
    ServiceCount,
)
from ledger.integrity.running import Queued, queue_run
from ledger.integrity.runs import (
    Badge,
    Neighbour,
    Run,
    neighbours,
    newest_complete,
    run_of,
    runs_of,
    standing,
)
from ledger.integrity.shell import rebuild_read_models, verify_slug, workspace_slugs
from ledger.integrity.verifying import Progress, Scope, verify_integrity
from ledger.integrity.within import verify_within, verify_workspace

__all__ = [
    "Badge",
    "EarlierRun",
    "FirstBad",
    "IntegrityResult",
    "Neighbour",
    "Progress",
    "Queued",
    "Run",
    "Scope",
    "ServiceCount",
    "neighbours",
    "newest_complete",
    "queue_run",
    "rebuild_read_models",
    "run_of",
    "runs_of",
    "standing",
    "verify_in_processes",
    "verify_in_ranges",
    "verify_integrity",
    "verify_slug",
    "verify_within",
    "verify_workspace",
    "workspace_slugs",
]
