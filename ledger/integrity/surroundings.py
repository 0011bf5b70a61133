"""Rows that must agree with the entries and are not beside them: the ledger's own, tiles, counters.

Each check is one statement over an index; what it finds is a finding with its place.
"""

from __future__ import annotations

from collections.abc import Iterator
from uuid import UUID

from loopgrid_proof import meaning
from loopgrid_proof.errors import Finding, finding

from ledger.integrity.snapshot import Snapshot

_LEDGER = """
SELECT l.workspace_id, l.ordinal, l.origin, l.state, w.slug,
  (SELECT count(*) FROM ledger_ledger o WHERE o.workspace_id = l.workspace_id AND o.state = 'open')
FROM ledger_ledger l LEFT JOIN accounts_workspace w ON w.id = l.workspace_id
WHERE l.ledger_id = %s
"""
_ERASURES = "SELECT seq FROM ledger_erasure WHERE ledger_id = %s ORDER BY seq LIMIT 1000"
# A full tile at (level, n) covers 256^(level + 1) leaves from n * 256^(level + 1) on.
_TILES = """
SELECT level, n FROM ledger_tile WHERE ledger_id = %s AND NOT (
  n >= 0 AND level BETWEEN 0 AND 6 AND (n + 1)::numeric * 256::numeric ^ (level + 1) <= %s)
ORDER BY level, n LIMIT 1000
"""
_TWICE = """
SELECT max(seq) FROM ledger_entry WHERE ledger_id = %s AND rec IS NOT NULL
GROUP BY rec, rn HAVING count(*) > 1 LIMIT 1000
"""
_SOURCE_TWICE = """
SELECT max(seq) FROM ledger_entry WHERE ledger_id = %s AND src_id IS NOT NULL
GROUP BY src_id, src_n HAVING count(*) > 1 LIMIT 1000
"""
_SOURCES = """
SELECT src_id, count(DISTINCT src_n), max(src_n), max(seq) FROM ledger_entry
WHERE ledger_id = %s AND src_id IS NOT NULL GROUP BY src_id
HAVING max(src_n) > count(DISTINCT src_n) ORDER BY max(seq) LIMIT 1000
"""


def stored_origin(moment: Snapshot, ledger_id: UUID) -> str | None:
    """Return the origin in the ledger's own row, None if the row is gone."""
    rows = moment.ask(_LEDGER, (ledger_id,))
    return rows[0][2] if rows else None


def check_ledger_row(moment: Snapshot, ledger_id: UUID, workspace_id: UUID) -> Iterator[Finding]:
    """Yield what is wrong with the row of `ledger_ledger`; its place is entry 0."""
    rows = moment.ask(_LEDGER, (ledger_id,))
    if not rows:
        yield finding("E_EMPTY", "The row of the ledger itself is gone.", seq=0)
        return
    stored_workspace, ordinal, origin, state, slug, open_now = rows[0]
    _host, _, name = origin.partition("/")
    name, _, number = name.partition("/")
    if stored_workspace != workspace_id or (slug is not None and slug != name) or slug is None:
        yield finding("E_COLUMN", "The copy workspace_id belongs to another workspace.", seq=0)
    if str(ordinal) != (number or "1"):
        yield finding("E_COLUMN", "The copy ordinal differs from the origin.", seq=0)
    if state != "open" and not open_now:
        detail = "The ledger is marked closed, and no other one of its workspace is open."
        yield finding("E_COLUMN", detail, seq=0)


def check_strays(moment: Snapshot, ledger_id: UUID, *, size: int) -> Iterator[Finding]:
    """Yield rows that no entry accounts for: erasures nobody recorded, tiles beyond the entries."""
    for (seq,) in moment.ask(_ERASURES, (ledger_id,)):
        yield finding("E_COLUMN", "An erasure is stored that no entry states.", seq=seq)
    for level, n in moment.ask(_TILES, (ledger_id, size)):
        detail = f"Tile {level}/{n} covers entries that are not there."
        yield finding("E_TILE", detail, seq=size)


def count_across(moment: Snapshot, ledger_id: UUID) -> Iterator[Finding]:
    """Yield what only all entries show: ordinals and source numbers used twice, or missing.

    Counts columns, which the walk has compared with the leaves.
    """
    for (seq,) in moment.ask(_TWICE, (ledger_id,)):
        yield meaning.record_twice(seq)
    for (seq,) in moment.ask(_SOURCE_TWICE, (ledger_id,)):
        yield meaning.source_twice(seq)
    tallies = [meaning.SourceTally(*row) for row in moment.ask(_SOURCES, (ledger_id,))]
    yield from meaning.source_findings(tallies)
