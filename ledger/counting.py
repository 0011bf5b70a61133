"""Counters behind the totals of lists; what they have not seen `queries.totals` counts on top.

Counted is a decision's status as it was read, and `ledger_counted` remembers which one that was, so
a verdict that comes later moves that decision from one counter to the other. Never evidence.
"""

from __future__ import annotations

from django.db import connection

from ledger import following
from ledger.following import Clock, Span
from ledger.queries import LedgerRef
from ledger.queries.totals import BLOCK, FOLLOWER

# Counting is one statement however many decisions there are; the bound keeps an act short.
STEP = 50_000

# Decisions of the span are counted as they stand; older ones with an entry after `after` are moved
# from the status they were counted under. Both may be ahead of the span, which is why the status is
# remembered and not the entry: what changes again has a newer entry and is looked at again.
_ROLL = """
WITH added AS (
  SELECT seq, service, decision_type, status FROM ledger_decision
  WHERE ledger_id = %(ledger)s AND seq > %(after)s AND seq <= %(upto)s),
moved AS (
  SELECT d.seq, d.service, d.decision_type, d.status, coalesce(c.status, 'recorded') AS counted
  FROM ledger_decision d LEFT JOIN ledger_counted c ON c.ledger_id = d.ledger_id AND c.seq = d.seq
  WHERE d.ledger_id = %(ledger)s AND d.newest_seq > %(after)s AND d.newest_seq <> d.seq
    AND d.seq <= %(after)s AND d.status <> coalesce(c.status, 'recorded')),
remembered AS (
  INSERT INTO ledger_counted (ledger_id, seq, status)
  SELECT %(ledger)s, seq, status FROM added WHERE status <> 'recorded'
  UNION ALL SELECT %(ledger)s, seq, status FROM moved
  ON CONFLICT (ledger_id, seq) DO UPDATE SET status = excluded.status)
INSERT INTO ledger_count AS kept (ledger_id, block, service, decision_type, status, n)
SELECT %(ledger)s, seq / %(block)s, service, decision_type, status, sum(n) FROM (
  SELECT seq, service, decision_type, status, 1 AS n FROM added
  UNION ALL SELECT seq, service, decision_type, status, 1 FROM moved
  UNION ALL SELECT seq, service, decision_type, counted, -1 FROM moved) change
GROUP BY 2, 3, 4, 5 HAVING sum(n) <> 0
ON CONFLICT (ledger_id, block, service, decision_type, status) DO UPDATE SET n = kept.n + excluded.n
"""


def follow_counts(ledger: LedgerRef, *, clock: Clock) -> bool:
    """Count the next entries; returns whether some are left."""
    return following.follow(FOLLOWER, ledger, _roll, clock=clock, step=STEP)


def _roll(span: Span) -> None:
    with connection.cursor() as rows:
        rows.execute(
            _ROLL,
            {
                "ledger": span.ledger.ledger_id,
                "after": span.after,
                "upto": span.upto,
                "block": BLOCK,
            },
        )


def recount(ledger: LedgerRef) -> None:
    """Forget every counter; totals stay exact and slow until the follower has counted again."""
    following.begin_again(FOLLOWER, ledger, tables=("ledger_count", "ledger_counted"))
