"""What a list of decisions is narrowed by, as conditions that PostgreSQL answers from an index.

Conditions speak of `d`, a row of `ledger_decision`; those with `side` also of `s`, its copy in
`ledger_search`, which follows the ledger by seconds.
"""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass, replace
from typing import Any
from uuid import UUID

from django.db import connection

# More values than this are not read one by one.
MOST_BRANCHES = 12
STATUSES = ("recorded", "incorrect", "corrected")


@dataclass(frozen=True, slots=True)
class Condition:
    """One condition of a list; `%s` stands for each of `params`, in order.

    `branches`, if there are any, say the same together and no row fits two of them.
    """

    sql: str
    params: tuple[Any, ...] = ()
    side: bool = False
    branches: tuple[Condition, ...] = ()

    def negated(self) -> Condition:
        """Return the condition that holds wherever this one does not, unknown values included."""
        return Condition(f"({self.sql}) IS NOT TRUE", self.params, self.side)


@dataclass(frozen=True, slots=True)
class Filters:
    """The conditions of one list. An empty value is no filter.

    `within` are the only services whose decisions may be listed; none named is every service.
    `source` is the search text that `conditions` came from: a list is the same list when its source
    is, although an age in it moves on between two calls.
    """

    service: str | None = None
    decision_type: str | None = None
    status: str | None = None
    conditions: tuple[Condition, ...] = ()
    source: str = ""
    within: tuple[str, ...] = ()

    @property
    def side(self) -> bool:
        """Whether the search copy is asked, so that the newest seconds may be missing."""
        return any(condition.side for condition in self.conditions)

    @property
    def key(self) -> str:
        """A short digest that tells this list from every other one."""
        labels = (self.service or "", self.decision_type or "", self.status or "")
        words = (*labels, self.source, *sorted(self.within))
        return hashlib.sha256("\0".join(words).encode()).hexdigest()[:32]

    def labels(self) -> list[Condition]:
        """Return the conditions on service, type and status, of `d` or a counter by that name."""
        named = {
            "service": self.service,
            "decision_type": self.decision_type,
            "status": self.status,
        }
        found = [equals_any(f"d.{name}", [value]) for name, value in named.items() if value]
        if self.within:
            found.append(equals_any("d.service", self.within))
        return found

    def all(self) -> list[Condition]:
        """Return every condition."""
        return [*self.labels(), *self.conditions]


def equals_any(column: str, values: Sequence[str], *, side: bool = False) -> Condition:
    """Return the condition that a column has one of these values; none at all never holds."""
    # PostgreSQL holds no U+0000 in text, so no stored name can equal one with it.
    known = sorted({value for value in values if "\0" not in value})
    if not known:
        return Condition("false")
    each = tuple(Condition(f"{column} = %s", (value,), side) for value in known)
    if len(each) == 1:
        return each[0]
    branches = each if len(each) <= MOST_BRANCHES else ()
    return Condition(f"{column} = ANY(%s)", (known,), side, branches)


def clause(conditions: list[Condition]) -> tuple[str, list[Any]]:
    """Return conditions joined by AND, with their parameters; none at all is `true`."""
    sql = " AND ".join(f"({condition.sql})" for condition in conditions)
    return sql or "true", [value for condition in conditions for value in condition.params]


def either(conditions: Sequence[Condition]) -> Condition | None:
    """Return the condition that one of these holds; None when there are none."""
    if len(conditions) <= 1:
        return conditions[0] if conditions else None
    return Condition(
        " OR ".join(f"({condition.sql})" for condition in conditions),
        tuple(value for condition in conditions for value in condition.params),
        side=any(condition.side for condition in conditions),
    )


def branches_of(filters: Filters) -> list[Filters]:
    """Return lists without a row in common that are the whole list together."""
    if len(filters.within) > 1:
        if len(filters.within) > MOST_BRANCHES:
            return [filters]
        return [replace(filters, within=(name,)) for name in sorted(set(filters.within))]
    for index, condition in enumerate(filters.conditions):
        if condition.branches:
            before, behind = filters.conditions[:index], filters.conditions[index + 1 :]
            return [
                replace(filters, conditions=(*before, branch, *behind))
                for branch in condition.branches
            ]
    return [filters]


def source_of(filters: Filters) -> str:
    """Return the FROM clause these filters need."""
    if filters.side:
        return (
            "ledger_decision d JOIN ledger_search s ON s.ledger_id = d.ledger_id AND s.seq = d.seq"
        )
    return "ledger_decision d"


def where(ledger_id: UUID, filters: Filters, *more: Condition) -> tuple[str, list[Any]]:
    """Return the WHERE clause of a list, with its parameters."""
    return clause([Condition("d.ledger_id = %s", (ledger_id,)), *filters.all(), *more])


def read_rows(filters: Filters, statement: str, params: Sequence[Any]) -> list[tuple[Any, ...]]:
    """Return the rows of a list's statement, in one round trip with what its plan has to avoid."""
    planning = _PLANNING_COPIES if filters.side else _PLANNING
    with connection.cursor() as rows:
        # Settings and statement travel as one message, which is one transaction to PostgreSQL.
        rows.execute(f"{planning} {statement}", params)
        while rows.nextset():
            pass
        return list(rows.fetchall())


# Compiling costs more than any list takes.
_PLANNING = "SET LOCAL jit = off;"
# A merge join would read copies and decisions from their newest row to the first that fits.
_PLANNING_COPIES = f"{_PLANNING} SET LOCAL enable_mergejoin = off;"
