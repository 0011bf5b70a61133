"""What the walk asks for beside the entries: checkpoints, earlier leaves, tiles.

Checkpoints pass through once, in order, and are compared on the way with what the notary released.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from uuid import UUID

from loopgrid_proof.errors import Finding, finding
from loopgrid_proof.merkle import TILE_BYTES
from loopgrid_proof.verify import Tile

from ledger.integrity.rows import HIGHEST, LOWEST
from ledger.integrity.snapshot import Snapshot
from ledger.integrity.trust import Memory

_CHECKPOINTS = """
SELECT size, note FROM ledger_checkpoint
WHERE ledger_id = %s AND size > %s AND size <= %s ORDER BY size
"""
_LEAVES = "SELECT seq, leaf FROM ledger_entry WHERE ledger_id = %s AND seq = ANY(%s)"
_TILE = "SELECT hashes, root FROM ledger_tile WHERE ledger_id = %s AND level = %s AND n = %s"


def read_leaves(moment: Snapshot, ledger_id: UUID, seqs: Sequence[int]) -> Mapping[int, bytes]:
    """Return the leaves stored under these numbers; absent ones are left out."""
    return {seq: leaf or b"" for seq, leaf in moment.ask(_LEAVES, (ledger_id, list(seqs)))}


def read_tile(moment: Snapshot, ledger_id: UUID, level: int, index: int) -> Tile | None:
    """Return a stored full tile, None if there is none; a tile is a cache."""
    rows = moment.ask(_TILE, (ledger_id, level, index))
    if not rows:
        return None
    hashes, root = rows[0]
    # One of another length would be read past its end; it differs in any case.
    whole = hashes if hashes is not None and len(hashes) == TILE_BYTES else bytes(TILE_BYTES)
    return Tile(whole, root or b"")


@dataclass
class Checkpoints:
    """The stored checkpoints with sizes in (`above`, `upto`], compared with the notary's memory.

    A note that the notary released and that is not stored, or stored otherwise, is a finding.
    """

    moment: Snapshot
    ledger_id: UUID
    memory: Memory
    above: int = LOWEST
    upto: int = HIGHEST
    findings: list[Finding] = field(default_factory=list)

    def __iter__(self) -> Iterator[tuple[int, bytes]]:
        """Yield (size, note), ascending."""
        released = self._released()
        waiting = next(released, None)
        last_same = max(self.above, 0)
        values = (self.ledger_id, self.above, self.upto)
        for size, note in self.moment.stream("ledger_checkpoints", _CHECKPOINTS, values):
            while waiting is not None and waiting[0] < size:
                self._missing(last_same, waiting[0])
                waiting = next(released, None)
            if waiting is not None and waiting[0] == size:
                if note == waiting[1]:
                    last_same = size
                else:
                    self._other(last_same, size)
                waiting = next(released, None)
            yield size, note or b""
        # The newest one may be on its way: it is logged first and stored a moment later.
        for after in released:
            if waiting is not None:
                self._missing(last_same, waiting[0])
            waiting = after

    def _released(self) -> Iterator[tuple[int, bytes]]:
        """Yield released notes with ascending sizes; a size that comes again is the same tree."""
        largest = max(self.above, 0)
        for size, raw in self.memory.released():
            if largest < size <= self.upto:
                largest = size
                yield size, raw

    def _missing(self, after: int, size: int) -> None:
        detail = f"The checkpoint of size {size} that the notary released is not stored."
        self._report(finding("E_NO_CHECKPOINT", detail, frm=after, to=size))

    def _other(self, after: int, size: int) -> None:
        detail = f"The checkpoint of size {size} is not the one that the notary released."
        self._report(finding("E_SIG", detail, frm=after, to=size))

    def _report(self, found: Finding) -> None:
        if len(self.findings) < 1000:  # noqa: PLR2004  as many as a verification lists
            self.findings.append(found)
