"""Figures about the whole installation for whoever watches it: ledgers, seals, runs, jobs, beats.

`figures` costs three queries and `beats` one, however many decisions there are: each looks at the
end of an index. Nothing here names a workspace.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection

from ledger.models import Heartbeat

# Every process says each half minute that it lives.
SILENT_AFTER = timedelta(seconds=90)

_LEDGERS = """
SELECT count(*), coalesce(sum(head + 1), 0), coalesce(max(head), -1),
  coalesce(sum(head + 1 - sealed), 0),
  extract(epoch FROM clock_timestamp() - min(unsealed_at)),
  extract(epoch FROM clock_timestamp() - min(seen_at)), count(alarm)
FROM (
  SELECT tip.seq AS head, coalesce(seal.size, 0) AS sealed, notary.seen_at, notary.alarm,
    (SELECT t FROM ledger_entry AS e
     WHERE e.ledger_id = l.ledger_id AND e.seq = coalesce(seal.size, 0)) AS unsealed_at
  FROM ledger_ledger AS l
  LEFT JOIN ledger_notary AS notary ON notary.ledger_id = l.ledger_id
  CROSS JOIN LATERAL (
    SELECT seq FROM ledger_entry AS e WHERE e.ledger_id = l.ledger_id ORDER BY seq DESC LIMIT 1
  ) AS tip
  LEFT JOIN LATERAL (
    SELECT size FROM ledger_checkpoint AS c WHERE c.ledger_id = l.ledger_id
    ORDER BY size DESC LIMIT 1
  ) AS seal ON true
  WHERE l.state = 'open'
) AS each
"""
# The leaf is canonical, so bytes can be looked for; parsing would fail on a leaf that was altered.
_VERIFIED = """
SELECT extract(epoch FROM clock_timestamp() - min(full_at)),
  count(*) FILTER (WHERE verdict = 'broken'), count(*) FILTER (WHERE verdict = 'unproven'),
  count(*) FILTER (WHERE full_at IS NULL)
FROM (
  SELECT newest.verdict, newest_full.t AS full_at
  FROM ledger_ledger AS l
  LEFT JOIN LATERAL (
    SELECT CASE WHEN position('"verdict":"broken"'::bytea IN leaf) > 0 THEN 'broken'
      WHEN position('"verdict":"unproven"'::bytea IN leaf) > 0 THEN 'unproven' END AS verdict
    FROM ledger_entry AS e
    WHERE e.ledger_id = l.ledger_id AND e.kind = 'ledger.verified' AND e.rec IS NULL
    ORDER BY seq DESC LIMIT 1
  ) AS newest ON true
  LEFT JOIN LATERAL (
    SELECT t FROM ledger_entry AS e
    WHERE e.ledger_id = l.ledger_id AND e.kind = 'ledger.verified' AND e.rec IS NULL
      AND position('"mode":"full"'::bytea IN leaf) > 0
    ORDER BY seq DESC LIMIT 1
  ) AS newest_full ON true
  WHERE l.state = 'open'
) AS each
"""
_JOBS = """
SELECT count(*) FILTER (WHERE state = 'queued'), count(*) FILTER (WHERE state = 'running'),
  extract(epoch FROM clock_timestamp() - min(created_at))
FROM ledger_job WHERE state IN ('queued', 'running')
"""


@dataclass(frozen=True, slots=True)
class Figures:
    """What an operator watches. Seconds are None where there is nothing whose age could be told.

    `verified_s` is the age of the full verification that is longest ago; `never_verified` counts
    the ledgers that had none.
    """

    ledgers: int
    entries: int
    head_seq: int
    unsealed: int
    unsealed_s: float | None
    notary_s: float | None
    alarms: int
    verified_s: float | None
    broken: int
    unproven: int
    never_verified: int
    jobs_queued: int
    jobs_running: int
    jobs_s: float | None


def figures() -> Figures:
    """Return the figures as they are."""
    with connection.cursor() as rows:
        values: list[object] = []
        for statement in (_LEDGERS, _VERIFIED, _JOBS):
            rows.execute(statement)
            values += rows.fetchone()
    return Figures(*(_number(value) for value in values))  # type: ignore[arg-type]


def _number(value: object) -> int | float | None:
    # PostgreSQL sums and ages are decimals.
    return None if value is None else value if isinstance(value, int) else float(str(value))


def beats() -> Mapping[str, datetime]:
    """Return when each process last said that it lives, by its name."""
    return dict(Heartbeat.objects.values_list("name", "seen_at"))
