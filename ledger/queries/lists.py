"""Lists of decisions by entry number, so that recording never repeats or skips one.

Queries per call: `after` one, and one more with `count`; `page_of` two. A page deep in a list costs
what the first one costs: block counters say where it begins.
"""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64
from dataclasses import dataclass
from typing import Any, Literal

from django.core.signing import BadSignature, Signer

from ledger.errors import invalid
from ledger.queries import totals
from ledger.queries.decisions import state_of_columns
from ledger.queries.filters import (
    Condition,
    Filters,
    branches_of,
    read_rows,
    source_of,
    where,
)
from ledger.queries.ledgers import LedgerRef
from ledger.states import DecisionState

Order = Literal["new", "old"]
MAX_LIMIT = 200

_COLUMNS = ", ".join(f"d.{name}" for name in DecisionState.__slots__)


@dataclass(frozen=True, slots=True)
class Slice:
    """Consecutive decisions of a list.

    `next_cursor` leads to the ones after them and is None at the end. `total` is None unless it was
    asked for; with a search it is counted up to `totals.MOST_COUNTED`.
    """

    states: tuple[DecisionState, ...]
    next_cursor: str | None
    has_more: bool
    total: int | None


@dataclass(frozen=True, slots=True)
class Page:
    """A numbered page of a list, newest first; `next_cursor` continues it with `after`."""

    states: tuple[DecisionState, ...]
    total: int
    has_more: bool
    next_cursor: str | None


def after(
    ledger: LedgerRef,
    filters: Filters,
    *,
    cursor: str | None = None,
    limit: int = 50,
    order: Order = "new",
    count: bool = False,
) -> Slice:
    """Return up to `limit` decisions after `cursor`, newest first or, with `old`, oldest first.

    Raises InvalidContent (`invalid_parameter`) for a cursor that does not belong to this list.
    """
    more = []
    if cursor:
        seq = read_cursor(ledger, filters, order, cursor)
        more.append(Condition("d.seq < %s" if order == "new" else "d.seq > %s", (seq,)))
    states = _read(ledger, filters, *more, order=order, limit=limit + 1)
    has_more, states = len(states) > limit, states[:limit]
    return Slice(
        states,
        write_cursor(ledger, filters, order, states[-1].seq) if has_more else None,
        has_more,
        totals.total_of(ledger, filters) if count else None,
    )


def page_of(ledger: LedgerRef, filters: Filters, *, page: int, page_size: int) -> Page:
    """Return page `page` (from 1) of a list, newest first; beyond the end it is empty."""
    start = (page - 1) * page_size
    place = totals.place_of(ledger, filters, start)
    states: tuple[DecisionState, ...] = ()
    if start < place.total:
        bound = Condition("d.seq <= %s", (place.top,))
        states = _read(ledger, filters, bound, order="new", limit=page_size, skip=place.skip)
    has_more = page * page_size < place.total
    cursor = None
    if has_more and states:
        cursor = write_cursor(ledger, filters, "new", states[-1].seq)
    return Page(states, place.total, has_more, cursor)


def _read(
    ledger: LedgerRef,
    filters: Filters,
    *more: Condition,
    order: Order,
    limit: int,
    skip: int = 0,
) -> tuple[DecisionState, ...]:
    direction = "DESC" if order == "new" else "ASC"
    parts, params = [], []
    # Each branch is in order by its index; a condition on several values at once would not be.
    for branch in branches_of(filters):
        whole, values = statement(ledger, branch, *more, order=order)
        parts.append(f"({whole} LIMIT %s)")
        params += [*values, skip + limit]
    listed = f"SELECT * FROM ({' UNION ALL '.join(parts)}) d ORDER BY seq {direction}"  # noqa: S608  our own words
    listed += " LIMIT %s OFFSET %s"
    return tuple(
        state_of_columns(row) for row in read_rows(filters, listed, [*params, limit, skip])
    )


def statement(
    ledger: LedgerRef, filters: Filters, *more: Condition, order: Order = "new"
) -> tuple[str, list[Any]]:
    """Return the statement that reads a whole list for `state_of_columns`, and its parameters."""
    condition, params = where(ledger.ledger_id, filters, *more)
    direction = "DESC" if order == "new" else "ASC"
    whole = f"SELECT {_COLUMNS} FROM {source_of(filters)} WHERE {condition}"  # noqa: S608  our own words
    return f"{whole} ORDER BY d.seq {direction}", params


# --- cursors: opaque, and good for one list of one ledger --------------------------------------


def write_cursor(ledger: LedgerRef, filters: Filters, order: Order, seq: int) -> str:
    """Return the cursor that continues this list after the decision `seq`."""
    signed = _signer(ledger, filters, order).sign(str(seq))
    return urlsafe_b64encode(signed.encode()).decode().rstrip("=")


def read_cursor(ledger: LedgerRef, filters: Filters, order: Order, cursor: str) -> int:
    """Return the number a cursor stands for. Raises InvalidContent for one of another list."""
    try:
        signed = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
        return int(_signer(ledger, filters, order).unsign(signed))
    except (UnicodeError, NotBase64, BadSignature):
        raise invalid(
            "/cursor", "invalid_parameter", "The cursor does not belong to this list."
        ) from None


def _signer(ledger: LedgerRef, filters: Filters, order: Order) -> Signer:
    return Signer(salt=f"ledger.lists:{ledger.ledger_id}:{order}:{filters.key}")
