"""Reading corrections, superseded ones too: all of a ledger, of one decision, or one by its id.

Queries per call: `corrections_after` three, `correction` three; two of them read headers and
contents.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.db import connection

from ledger.errors import NotFound
from ledger.queries.decisions import WRITTEN
from ledger.queries.filters import Condition, Filters, clause, source_of, where
from ledger.queries.ledgers import LedgerRef
from ledger.queries.parts import PartContent
from ledger.queries.records import sealed_parts

_COLUMNS = (
    "seq",
    "correction_id",
    "decision_id",
    "decision_seq",
    "created_at",
    "service",
    "decision_type",
    "made_type",
    "made_by",
    "reason_code",
    "superseded_seq",
    "superseded_by",
)


@dataclass(frozen=True, slots=True)
class CorrectionRecord:
    """A correction with its checked parts.

    `superseded_seq` is the entry that ended it, `superseded_by` the act in its place; both are None
    while it stands.
    """

    seq: int
    correction_id: str
    decision_id: str
    decision_seq: int
    created_at: str
    service: str
    decision_type: str
    made_type: str
    made_by: str
    reason_code: str | None
    superseded_seq: int | None
    superseded_by: int | None
    parts: dict[str, PartContent]


@dataclass(frozen=True, slots=True)
class CorrectionFilters:
    """What a list of corrections is narrowed by; None is no filter.

    `decisions` are conditions on the decision that was corrected; `start` and `end` are times of
    the ledger, the end not included.
    """

    decision_id: str | None = None
    stands: bool | None = None
    service: str | None = None
    start: str | None = None
    end: str | None = None
    decisions: Filters = field(default_factory=Filters)

    def conditions(self, ledger: LedgerRef) -> list[Condition]:
        """Return the conditions on `c`, a row of `ledger_correction`."""
        given = {
            "c.decision_id = %s": self.decision_id,
            "c.service = %s": self.service,
            "c.created_at >= %s::timestamptz": self.start,
            "c.created_at < %s::timestamptz": self.end,
        }
        found = [Condition("c.ledger_id = %s", (ledger.ledger_id,))]
        found += [Condition(sql, (value,)) for sql, value in given.items() if value is not None]
        if self.stands is not None:
            found.append(Condition(f"(c.superseded_seq IS NULL) = {self.stands}"))
        if self.decisions.all():
            sql, params = where(ledger.ledger_id, self.decisions)
            inner = f"SELECT d.seq FROM {source_of(self.decisions)} WHERE {sql}"  # noqa: S608  our own words
            found.append(Condition(f"c.decision_seq IN ({inner})", tuple(params)))
        return found


def corrections_after(
    ledger: LedgerRef, filters: CorrectionFilters, *, before: int | None, limit: int
) -> list[CorrectionRecord]:
    """Return up to `limit` corrections with numbers below `before`, newest first."""
    conditions = filters.conditions(ledger)
    if before is not None:
        conditions.append(Condition("c.seq < %s", (before,)))
    return _read(ledger, conditions, limit)


def correction(ledger: LedgerRef, correction_id: str) -> CorrectionRecord:
    """Return one correction. Raises NotFound."""
    conditions = CorrectionFilters().conditions(ledger)
    conditions.append(Condition("c.correction_id = %s", (correction_id,)))
    found = _read(ledger, conditions, 1)
    if not found:
        raise NotFound(f"Correction {correction_id} not found")
    return found[0]


def _read(ledger: LedgerRef, conditions: list[Condition], limit: int) -> list[CorrectionRecord]:
    sql, params = clause(conditions)
    columns = ", ".join(f"c.{name}" for name in _COLUMNS)
    with connection.cursor() as rows:
        rows.execute(
            f"SELECT {columns} FROM ledger_correction c WHERE {sql}"  # noqa: S608  our own words
            " ORDER BY c.seq DESC LIMIT %s",
            [*params, limit],
        )
        return _with_parts(ledger, rows.fetchall())


def _with_parts(ledger: LedgerRef, rows: Sequence[tuple[Any, ...]]) -> list[CorrectionRecord]:
    parts = sealed_parts(ledger, [row[0] for row in rows])
    return [_record(dict(zip(_COLUMNS, row, strict=True)), dict(parts[row[0]])) for row in rows]


def _record(values: dict[str, Any], parts: dict[str, PartContent]) -> CorrectionRecord:
    values["created_at"] = values["created_at"].strftime(WRITTEN)
    return CorrectionRecord(**values, parts=parts)
