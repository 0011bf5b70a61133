"""The walk over entries and its verdict: for a database stream, or for entries from a file.

    check = LedgerCheck(WalkState(origin), Sources(trusted=keys, checkpoints=notes, …))
    for batch in rows:                        # rows in order of seq
        check.feed(batch)
    verification = conclude(check.finish(), Circumstances(as_of=now))

Memory does not grow with the ledger: rules that look back ask `Sources.read_leaves` for the few
entries a batch names. A later run goes on from `RangeResult.state`, which is plain JSON.

Several workers: cut at multiples of 256, let each start from `WalkState.claim(…)` and take the
checkpoints with `begin < size <= end`, then `join` from left to right. Where `meets` says no, walk
that range again from the left neighbour's state; the verdict is then that of one walk.
"""

from __future__ import annotations

from collections.abc import Iterable
from itertools import islice

from loopgrid_proof import notes
from loopgrid_proof.errors import Findings, Verification
from loopgrid_proof.verify.contents import instant
from loopgrid_proof.verify.hashes import hash_pass
from loopgrid_proof.verify.judge import Circumstances, conclude, join, meets
from loopgrid_proof.verify.rows import Columns, PartRow, Row, Tile
from loopgrid_proof.verify.state import STATE_KINDS, WalkState
from loopgrid_proof.verify.walk import LedgerCheck, RangeResult, Sources

__all__ = [
    "STATE_KINDS",
    "Circumstances",
    "Columns",
    "Findings",
    "LedgerCheck",
    "PartRow",
    "RangeResult",
    "Row",
    "Sources",
    "Tile",
    "Verification",
    "WalkState",
    "checkpoint_of",
    "conclude",
    "hash_pass",
    "instant",
    "join",
    "meets",
    "verify_entries",
]

_BATCH = 1000


def checkpoint_of(note: bytes) -> notes.Checkpoint:
    """Return the checkpoint in a note, without looking at its signatures; Fault(E_NOTE)."""
    return notes.parse_checkpoint(notes.parse_note(note))


def verify_entries(
    origin: str,
    rows: Iterable[Row],
    sources: Sources,
    circumstances: Circumstances | None = None,
) -> Verification:
    """Return the verdict on a ledger from its entry 0, in one walk."""
    check = LedgerCheck(WalkState(origin), sources)
    stream = iter(rows)
    while True:
        batch = list(islice(stream, _BATCH))
        if not batch:
            return conclude(check.finish(), circumstances)
        check.feed(batch)
