"""One ledger walked in several ranges at once, with the verdict of one walk.

Each range starts from a state that the tiles claim; where the ranges do not meet, or one of them
finds a gap, the whole ledger is walked once more from its beginning: then only order can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass, replace
from itertools import pairwise
from multiprocessing import get_context

import django
from django.db import connection
from loopgrid_proof import merkle, verify
from loopgrid_proof.errors import Findings
from loopgrid_proof.merkle import CompactRange
from loopgrid_proof.verify import STATE_KINDS, WalkState

from ledger.integrity import evidence, surroundings, trust
from ledger.integrity.result import IntegrityResult
from ledger.integrity.rows import HIGHEST, LOWEST
from ledger.integrity.snapshot import Snapshot, snapshot
from ledger.integrity.trust import Memory
from ledger.integrity.verifying import Scope, Span, Walked, judge, size_of, view_of, walk
from ledger.queries import LedgerRef

WIDTH = merkle.TILE_WIDTH
_ROOTS = "SELECT n, root FROM ledger_tile WHERE ledger_id = %s AND level = 0 AND n < %s ORDER BY n"
_HASHES = "SELECT leaf_hash FROM ledger_entry WHERE ledger_id = %s AND seq < %s ORDER BY seq"
_STATES = """
SELECT leaf FROM ledger_entry
WHERE ledger_id = %s AND seq < %s AND kind = ANY(%s) AND rec IS NULL ORDER BY seq
"""

Spread = Callable[[Callable[["Work"], Walked], Iterable["Work"]], Iterable[Walked]]


@dataclass(frozen=True, slots=True)
class Work:
    """One range of a ledger as a worker gets it.

    `moment` names the snapshot that all of them see, in the database of this name.
    """

    ledger: LedgerRef
    origin: str
    span: Span
    moment: str
    database: str
    memory: Memory


def verify_in_ranges(
    ledger: LedgerRef, *, ranges: int, spread: Spread = map, scope: Scope | None = None
) -> IntegrityResult:
    """Return what `verify_integrity` returns, walked in up to `ranges` parts by `spread`."""
    scope = scope or Scope()
    memory = trust.remember(ledger.origin)
    with snapshot() as moment:
        view = view_of(moment, ledger, memory)
        origin = surroundings.stored_origin(moment, view.ident) or ledger.origin
        spans = list(_spans(size_of(view), ranges))
        database = connection.settings_dict["NAME"]
        works = [Work(ledger, origin, span, moment.name, database, memory) for span in spans]
        parts = list(spread(walk_range, works))
        joined = _joined(parts)
        if joined is None:
            joined = walk(view, WalkState(origin), Span(), scope)
        return judge(view, joined, scope)


def verify_in_processes(ledger: LedgerRef, *, processes: int) -> IntegrityResult:
    """Return what `verify_integrity` returns, walked by several processes of this machine."""
    # Fresh processes: a fork would inherit locks of threads that do not exist in it.
    context = get_context("spawn")
    with ProcessPoolExecutor(processes, mp_context=context, initializer=django.setup) as pool:
        return verify_in_ranges(ledger, ranges=processes, spread=pool.map)


def walk_range(work: Work) -> Walked:
    """Walk one range from the state that tiles and the entry before it claim."""
    connection.settings_dict["NAME"] = work.database
    with snapshot(of=work.moment) as moment:
        view = view_of(moment, work.ledger, work.memory)
        begin = work.span.begin
        state = WalkState(work.origin) if begin == LOWEST else _claim(moment, work, begin)
        return walk(view, state, work.span, Scope())


def _spans(size: int, ranges: int) -> Iterator[Span]:
    """Yield ranges that are cut at full tiles; the last one takes whatever is stored behind."""
    tiles = max(size // WIDTH, 1)
    cuts = sorted({tiles * i // ranges * WIDTH for i in range(1, ranges)} - {0})
    edges = [LOWEST, *cuts, HIGHEST]
    for begin, end in pairwise(edges):
        yield Span(begin, end)


def _claim(moment: Snapshot, work: Work, begin: int) -> WalkState:
    ident = work.ledger.ledger_id
    previous = evidence.read_leaves(moment, ident, [begin - 1]).get(begin - 1, b"")
    rows = moment.ask(_STATES, (ident, begin, list(STATE_KINDS)))
    earlier = [leaf or b"" for (leaf,) in rows]
    return WalkState.claim(work.origin, _tree(moment, work, begin), previous, earlier)


def _tree(moment: Snapshot, work: Work, size: int) -> CompactRange:
    """Return the tree below `size`, a multiple of a tile: from tiles, else from all digests."""
    ident, tiles = work.ledger.ledger_id, size // WIDTH
    rows = moment.ask(_ROOTS, (ident, tiles))
    if [n for n, _root in rows] == list(range(tiles)):
        roots = [root for _n, root in rows]
        nodes = []
        for level, index in merkle.subtrees_of(0, size):
            width = 1 << (level - merkle.TILE_HEIGHT)
            nodes.append(merkle.root_of(roots[index * width : (index + 1) * width]))
        return CompactRange.from_hashes(size, nodes)
    tree = CompactRange()
    tree.extend(digest for (digest,) in moment.stream("ledger_digests", _HASHES, (ident, size)))
    return tree


def _joined(parts: list[Walked]) -> Walked | None:
    """Return the ranges as one walk, None where they do not meet."""
    whole = parts[0].result
    beside, extra = Findings(parts[0].beside), [*parts[0].extra]
    for part in parts[1:]:
        if not verify.meets(whole, part.result.start):
            return None
        whole = verify.join(whole, part.result)
        extra.extend(part.extra)
        for one in part.beside:
            beside.add(one)
    return replace(parts[0], result=whole, beside=beside.kept, extra=tuple(extra))
