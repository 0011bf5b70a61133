"""Recomputes stored ledgers and says what became of them.

`verify_integrity` reads and never writes; `running` does it as a job whose result becomes an entry;
`standing` is the newest word, cheap enough for every page.
"""

from ledger.integrity.result import (
    EarlierRun,
    FirstBad,
    IntegrityResult,
    ServiceCount,
)
from ledger.integrity.verifying import Scope, verify_integrity

__all__ = [
    "EarlierRun",
    "FirstBad",
    "IntegrityResult",
    "Scope",
    "ServiceCount",
    "verify_integrity",
]
