"""Rules across entries: ordinals of a record, references, and source counters.

Memory stays constant however long the ledger is: a rule asks for the few earlier entries that
an entry names. What would need all records or all sources at once (is a number there twice?) is
either kept in memory by `Tallies`, or counted by the caller's database over columns that the walk
compares with the leaves, and judged here (`record_twice`, `source_findings`).
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass

from loopgrid_proof import kinds
from loopgrid_proof.errors import Finding, finding
from loopgrid_proof.headers import Header

Earlier = Callable[[int], "Header | None"]


def seqs_named(header: Header) -> list[int]:
    """Return the earlier entries that the rules need in order to judge this one."""
    named = [] if header.rp is None else [header.rp]
    if header.refs:
        for name in kinds.KINDS[header.kind].seq_refs:
            value = header.refs.get(name, ())
            named.extend(value if isinstance(value, list) else [value] if value != () else [])
    return [seq for seq in named if seq < header.seq]


def check_meaning(header: Header, earlier: Earlier, *, restarted: bool) -> list[Finding]:
    """Return what contradicts the entries before this one.

    `earlier(seq)` gives the header of a lower number or None; it is asked for `seqs_named` only.
    `restarted`: the ledger succeeds another, so records may begin here without their first entry.
    """
    found: list[Finding] = []
    if header.rec is not None:
        found.extend(_check_ordinal(header, earlier, restarted=restarted))
    if header.refs:
        found.extend(_check_references(header, earlier))
    return found


def _check_ordinal(header: Header, earlier: Earlier, *, restarted: bool) -> Iterator[Finding]:
    if header.rn == 0:
        opens = kinds.KINDS[header.kind].at == "record"
        if not opens and not restarted and (header.rec or "").startswith("dec_"):
            yield finding("E_REF", "The decision it is about was never recorded.", seq=header.seq)
        return
    before = None if header.rp is None or header.rp >= header.seq else earlier(header.rp)
    if before is None or before.rec != header.rec or (before.rn or 0) + 1 != header.rn:
        detail = "The entry before it in its record is missing or another one."
        yield finding("E_REC_ORDINAL", detail, seq=header.seq)


def _check_references(header: Header, earlier: Earlier) -> Iterator[Finding]:
    kind = kinds.KINDS[header.kind]
    for name in kind.seq_refs:
        value = header.refs.get(name)
        for seq in value if isinstance(value, list) else [] if value is None else [value]:
            if not _fits(header, name, earlier(seq) if seq < header.seq else None, kind):
                detail = f"ref.{name} names an entry that is missing, later or unfitting."
                yield finding("E_REF", detail, seq=header.seq)


def _fits(header: Header, name: str, target: Header | None, kind: kinds.Kind) -> bool:
    if target is None:
        return False
    if name == "target":
        return target.rec == header.rec and target.kind in kind.targets
    if name == "by":
        # A correction may take the place of a flag, and a flag that of a correction.
        return target.rec == header.rec and target.kind in kinds.SUPERSEDABLE
    return name != "seen" or target.rec == header.rec


def record_twice(seq: int) -> Finding:
    """Return the finding for the second entry with one record and ordinal."""
    return finding("E_REC_ORDINAL", "Its record has this ordinal already.", seq=seq)


def source_twice(seq: int) -> Finding:
    """Return the finding for the second entry with one source number."""
    return finding("E_SRC", "Its source used this number already.", seq=seq, suspect=seq)


@dataclass(frozen=True)
class SourceTally:
    """What a whole ledger holds of one source: how many numbers, the highest, the last entry."""

    src_id: str
    numbers: int
    highest: int
    seq: int


def source_findings(tallies: Iterable[SourceTally]) -> Iterator[Finding]:
    """Yield W_SRC_GAP for each source with numbers missing below its highest.

    `numbers` counts distinct ones; report the repeated ones with `source_twice`.
    """
    for tally in tallies:
        missing = tally.highest - tally.numbers
        if missing > 0:
            detail = (
                f"Source {tally.src_id}: {missing} numbers below {tally.highest} never arrived."
            )
            yield finding("W_SRC_GAP", detail, seq=tally.seq)


class Tallies:
    """Records and sources in memory, for a ledger that no database can count.

    Takes about 150 bytes a record; a walk from a database does without it.
    """

    def __init__(self) -> None:
        """Start with nothing seen, which means before entry 0."""
        self._last_rn: dict[str, int] = {}
        self._sources: dict[str, list[list[int]]] = {}
        self._last_seq: dict[str, int] = {}

    def see(self, header: Header) -> Iterator[Finding]:
        """Count one entry, and yield what appears twice."""
        if header.rec is not None and header.rn is not None:
            if header.rn <= self._last_rn.get(header.rec, -1):
                yield record_twice(header.seq)
            else:
                self._last_rn[header.rec] = header.rn
        if header.src is not None:
            self._last_seq[header.src[0]] = header.seq
            if not self._count(*header.src):
                yield source_twice(header.seq)

    def findings(self) -> Iterator[Finding]:
        """Yield the gaps, at the end of the ledger."""
        yield from source_findings(
            SourceTally(src, sum(b - a for a, b in runs), runs[-1][1] - 1, self._last_seq[src])
            for src, runs in self._sources.items()
        )

    def _count(self, src_id: str, number: int) -> bool:
        """Add a number to the runs [a, b) of its source; False if it was there."""
        runs = self._sources.setdefault(src_id, [])
        place = next((i for i in range(len(runs), 0, -1) if runs[i - 1][0] <= number), 0)
        if place and number < runs[place - 1][1]:
            return False
        runs.insert(place, [number, number + 1])
        for left in (place, place - 1):
            if 0 <= left < len(runs) - 1 and runs[left][1] == runs[left + 1][0]:
                runs[left][1] = runs.pop(left + 1)[1]
        return True
