"""The walk over the entries of a ledger, or over one range of it.

Feed it rows in order and in batches; it keeps no entry. What it found comes out of `finish` and
is judged by `conclude`, alone or after ranges have been joined.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from loopgrid_proof import headers, meaning, notes
from loopgrid_proof.errors import Fault, Findings, finding
from loopgrid_proof.headers import Header
from loopgrid_proof.verify.chain import Chain
from loopgrid_proof.verify.contents import check_columns, check_parts
from loopgrid_proof.verify.rows import Columns, Row
from loopgrid_proof.verify.seals import SealFault, Seals
from loopgrid_proof.verify.state import STATE_KINDS, WalkState
from loopgrid_proof.verify.tiles import ReadTile, TileCheck, TileMismatch

ReadLeaves = Callable[[Sequence[int]], Mapping[int, bytes]]


@dataclass
class Sources:
    """Where a walk gets what is not in its rows.

    `checkpoints` are (size column, note), ascending, with sizes above the start of the walk.
    `held` are notes kept elsewhere and checked beforehand, ascending; `receipts` leaf hashes kept
    elsewhere, by `seq`. `read_leaves(seqs)` gives the leaves of earlier entries, absent ones left
    out; without it only the batch itself can be asked. `read_tile(level, index)` gives a stored
    full tile. `tallies` counts records and sources in memory; None if a database counts them.
    `observe(header, row)` is told of every entry that could be read, after its parts were checked.
    """

    trusted: Sequence[notes.VerifierKey] = ()
    checkpoints: Iterable[tuple[int, bytes]] = ()
    held: Sequence[notes.Checkpoint] = ()
    receipts: Mapping[int, tuple[bytes, str]] = field(default_factory=dict)
    read_leaves: ReadLeaves | None = None
    read_tile: ReadTile | None = None
    tallies: meaning.Tallies | None = None
    observe: Callable[[Header, Row], None] | None = None


@dataclass
class RangeResult:
    """What a walk over [start.size, state.size) found; not yet a verdict."""

    start: Mapping[str, Any]
    state: WalkState
    findings: Findings
    seals: Seals
    mismatches: list[TileMismatch]
    counts: Counter[str]
    forks: list[tuple[int | None, int]]
    held_beyond: int | None
    newest_receipt: list[tuple[int, str]]
    first_t: str | None
    whole: bool


class LedgerCheck:
    """Walks entries from a state on. Feed rows in order, then `finish`."""

    def __init__(self, state: WalkState, sources: Sources) -> None:
        """Take over `state`: it moves on with the walk."""
        self._start = state.core()
        self._state = state
        self._chain = Chain(state.origin, state.last)
        self._sources = sources
        self._seals = Seals(tuple(sources.trusted))
        self._checkpoints = iter(sources.checkpoints)
        self._next = next(self._checkpoints, None)
        self._held = [c for c in sources.held if c.size > state.size]
        self._forks: list[tuple[int | None, int]] = []
        self._findings = Findings()
        self._counts: Counter[str] = Counter()
        self._first_t: str | None = None
        self._receipts = sources.receipts
        self._waiting: list[bytes] = []
        self._stop = self._next_stop()
        read_tile = sources.read_tile
        self._tiles = None if read_tile is None else TileCheck(read_tile, begin=state.size)

    @property
    def size(self) -> int:
        """Return the number the next entry should have."""
        return self._chain.expected

    def feed(self, rows: Sequence[Row]) -> None:
        """Check the next entries; a batch of a few hundred to a few thousand is best."""
        read: dict[int, Header] = {}
        for row in rows:
            header = self._enter(row)
            if header is not None:
                read.setdefault(header.seq, header)
        self._flush()
        self._check_meaning(read)

    def finish(self) -> RangeResult:
        """Return what was found. Checkpoints larger than the entries are looked at here."""
        while self._next is not None:
            self._seal(*self._next)
            self._next = next(self._checkpoints, None)
        size = self.size
        return RangeResult(
            start=self._start,
            state=self._state,
            findings=self._findings,
            seals=self._seals,
            mismatches=[] if self._tiles is None else self._tiles.mismatches,
            counts=self._counts,
            forks=self._forks,
            held_beyond=max((c.size for c in self._held if c.size > size), default=None),
            newest_receipt=[(s, r[1]) for s, r in self._sources.receipts.items() if s >= size],
            first_t=self._first_t,
            whole=self._chain.whole,
        )

    def _enter(self, row: Row) -> Header | None:
        link = self._chain.follow(row.leaf)
        for one in link.findings:
            # What looked deleted turns out to be swapped when the missing entry follows.
            take = self._findings.correct if one.damage == "reordered" else self._findings.add
            take(one)
        self._counts["entries"] += 1
        header = link.header
        if row.columns is not None:
            self._compare(link.seq, link.leaf_hash, header, row.columns)
        if header is not None:
            self._take(header, row)
        self._grow(link.seq, link.leaf_hash)
        return header

    def _take(self, header: Header, row: Row) -> None:
        if row.parts is None:
            self._counts["parts_not_disclosed"] += len(header.parts)
        elif row.parts or header.parts:
            for one in check_parts(header, row.parts, self._counts):
                self._findings.add(one)
        if self._sources.observe is not None:
            self._sources.observe(header, row)
        if self._first_t is None:
            self._first_t = header.t
        if self._state.unsealed_t is None:
            self._state.unsealed_t = header.t
        if header.kind in STATE_KINDS:
            self._fold(header)

    def _fold(self, header: Header) -> None:
        self._state.fold(header)
        if header.kind == "key.added":
            try:
                notes.parse_vkey(header.refs["vkey"])
            except Fault as fault:
                self._findings.add(finding(fault.code, fault.detail, seq=header.seq))

    def _compare(self, seq: int, leaf_hash: bytes, header: Header | None, columns: Columns) -> None:
        if header is not None:
            found = check_columns(header, columns)
            if found is not None:
                self._findings.add(found)
        elif columns.leaf_hash != leaf_hash:
            self._findings.add(finding("E_COLUMN", "The copy leaf_hash differs.", seq=seq))

    def _grow(self, seq: int, leaf_hash: bytes) -> None:
        self._state.last = self._chain.previous
        if self._receipts:
            self._compare_receipt(seq, leaf_hash)
        if self._chain.whole:
            self._waiting.append(leaf_hash)
        if self._chain.expected >= self._stop:
            self._stand_still()

    def _compare_receipt(self, seq: int, leaf_hash: bytes) -> None:
        receipt = self._receipts.get(seq)
        if receipt is not None and receipt[0] != leaf_hash:
            detail = "A receipt shows another entry at this number."
            self._findings.add(finding("E_RECEIPT", detail, seq=seq))

    def _stand_still(self) -> None:
        """Bring the tree up to here, and compare every checkpoint of this size."""
        self._flush()
        self._compare_held()
        while self._next is not None and self._next[0] <= self.size:
            self._seal(*self._next)
            self._next = next(self._checkpoints, None)
        self._stop = self._next_stop()

    def _next_stop(self) -> float:
        sizes = [self._next[0]] if self._next is not None else []
        return min([*sizes, *(c.size for c in self._held[:1])], default=math.inf)

    def _flush(self) -> None:
        # Leaves enter the tree in runs: hashing them one call at a time costs more than the hashes.
        self._state.tree.extend(self._waiting)
        if self._tiles is not None:
            self._tiles.extend(self._waiting)
        self._waiting = []

    def _compare_held(self) -> None:
        tree = self._state.tree
        while self._held and self._held[0].size <= self.size:
            held = self._held.pop(0)
            if self._chain.whole and held.size == tree.end and held.root != tree.root():
                self._forks.append((self._state.sealed, held.size))

    def _seal(self, column: int, raw: bytes) -> None:
        """Check one stored checkpoint at the size where the walk stands, or beyond its end."""
        state, seals = self._state, self._seals
        seals.checked += 1
        try:
            read = seals.read(raw, origin=state.origin, known=state.keys)
        except Fault as fault:
            detail = f"{fault.detail} Checkpoint of size {column}."
            seals.faults.append(SealFault(fault.code, state.sealed, column, detail))
            return
        checkpoint = read.checkpoint
        if checkpoint.size != column:
            detail = f"The copy size {column} differs from the checkpoint's {checkpoint.size}."
            seals.faults.append(SealFault("E_COLUMN", state.sealed, column, detail))
        if checkpoint.size > self.size:
            self._note_beyond(checkpoint.size, signed=bool(read.signers))
        if checkpoint.size != self.size or not self._chain.whole:
            return
        if checkpoint.root == state.tree.root():
            seals.keep(read, after=state.sealed, known=state.keys)
            if read.signers:
                state.sealed, state.unsealed_t = checkpoint.size, None
        elif seals.broken is None:
            seals.broken = (state.sealed, checkpoint.size)

    def _note_beyond(self, size: int, *, signed: bool) -> None:
        seals = self._seals
        if signed:
            seals.truncated = max(size, seals.truncated or 0)
        else:
            detail = f"No known key signed the checkpoint of size {size}."
            seals.faults.append(SealFault("E_SIG", self._state.sealed, size, detail))

    def _check_meaning(self, read: dict[int, Header]) -> None:
        wanted = {seq for header in read.values() for seq in meaning.seqs_named(header)}
        earlier = {**self._earlier(sorted(wanted - read.keys())), **read}
        restarted, tallies = self._state.restarted, self._sources.tallies
        for header in read.values():
            if header.rec is not None or header.refs:
                for one in meaning.check_meaning(header, earlier.get, restarted=restarted):
                    self._findings.add(one)
            if tallies is not None:
                for one in tallies.see(header):
                    self._findings.add(one)

    def _earlier(self, seqs: list[int]) -> dict[int, Header]:
        if not seqs or self._sources.read_leaves is None:
            return {}
        leaves = self._sources.read_leaves(seqs)
        return dict(_headers_of(leaves))


def _headers_of(leaves: Mapping[int, bytes]) -> Iterator[tuple[int, Header]]:
    for seq, leaf in leaves.items():
        header = headers.readable(leaf)
        # One that cannot be read is a finding where it stands; here it is simply not there.
        if header is not None and header.seq == seq:
            yield seq, header
