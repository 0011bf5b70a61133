"""How many decisions a list has, and where its n-th one stands, without walking to it.

Counters per block of entry numbers, service, type and status are rolled up by `ledger.counting`;
what it has not seen yet is counted on top: decisions recorded after its cursor, and verdicts given
after it. All of it is one statement, so the figure is exact at one moment. Queries per call: one.
"""

from __future__ import annotations

from dataclasses import dataclass

from django.db import connection

from ledger.queries.filters import Filters, clause, read_rows, source_of, where
from ledger.queries.ledgers import LedgerRef

# With a search text the matches are counted one by one, so there is an end to it.
MOST_COUNTED = 10_000
# Entry numbers per counted block: the most rows a page has to step over. The columns `block` of
# stored counters depend on it.
BLOCK = 16_384
FOLLOWER = "counts"

_BLOCKS = """
WITH mark AS (
  SELECT coalesce(max(seq), -1) AS seq FROM ledger_cursor
  WHERE ledger_id = %s AND name = 'counts'),
moved AS MATERIALIZED (
  SELECT d.seq, d.service, d.decision_type, d.status, coalesce(c.status, 'recorded') AS counted
  FROM ledger_decision d LEFT JOIN ledger_counted c ON c.ledger_id = d.ledger_id AND c.seq = d.seq
  WHERE d.ledger_id = %s AND d.newest_seq > (SELECT seq FROM mark) AND d.newest_seq <> d.seq
    -- The sum keeps PostgreSQL from reading everything below the mark by number.
    AND d.seq + 0 <= (SELECT seq FROM mark))
SELECT block, sum(n)::bigint FROM (
  SELECT d.block, d.n FROM ledger_count d WHERE d.ledger_id = %s AND {labels}
  UNION ALL
  SELECT d.seq / {block}, count(*) FROM ledger_decision d
  WHERE d.ledger_id = %s AND d.seq > (SELECT seq FROM mark) AND {labels} GROUP BY 1
  UNION ALL
  SELECT d.seq / {block}, 1 FROM moved d WHERE {labels}
  UNION ALL
  SELECT d.seq / {block}, -1
  FROM (SELECT seq, service, decision_type, counted AS status FROM moved) d WHERE {labels}
) counted GROUP BY block ORDER BY block DESC
"""


@dataclass(frozen=True, slots=True)
class PageStart:
    """Where a page begins: after `skip` matching decisions at or below entry `top`."""

    total: int
    top: int
    skip: int


def total_of(ledger: LedgerRef, filters: Filters) -> int:
    """Return how many decisions match; exact, or counted up to MOST_COUNTED with a search text."""
    if filters.conditions:
        return _counted(ledger, filters)
    return sum(n for _block, n in _blocks(ledger, filters))


def place_of(ledger: LedgerRef, filters: Filters, start: int) -> PageStart:
    """Return where the decision with `start` newer ones before it stands, and the total."""
    top = 2**63 - 1
    if filters.conditions:
        return PageStart(_counted(ledger, filters), top, start)
    blocks = _blocks(ledger, filters)
    total, skip = sum(n for _block, n in blocks), start
    for block, n in blocks:
        if skip < n:
            return PageStart(total, block * BLOCK + BLOCK - 1, skip)
        skip -= n
    return PageStart(total, top, skip)


def _blocks(ledger: LedgerRef, filters: Filters) -> list[tuple[int, int]]:
    labels, values = clause(filters.labels())
    ledger_id = ledger.ledger_id
    params = [ledger_id, ledger_id, ledger_id, *values, ledger_id, *values, *values, *values]
    with connection.cursor() as rows:
        rows.execute(_BLOCKS.format(labels=labels, block=BLOCK), params)
        return [(block, n) for block, n in rows.fetchall()]


def _counted(ledger: LedgerRef, filters: Filters) -> int:
    condition, params = where(ledger.ledger_id, filters)
    matches = f"SELECT FROM {source_of(filters)} WHERE {condition} LIMIT %s"
    statement = f"SELECT count(*) FROM ({matches}) matches"  # noqa: S608  our own words
    return int(read_rows(filters, statement, [*params, MOST_COUNTED])[0][0])
