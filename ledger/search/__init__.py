"""The search language, the same on pages and in the API (docs/api.md, "Search").

`parse_query` is pure and names every token it does not understand; `filters_of` turns what is left
into conditions of a list. Upper apps add tokens of their own with `register_token`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from ledger.errors import InvalidQuery
from ledger.queries import LedgerRef
from ledger.queries.filters import Filters
from ledger.search import tokens
from ledger.search.parsing import (
    MAX_QUERY,
    WORD,
    Problem,
    Query,
    Token,
    Value,
    problem_of,
    split_query,
    without,
)
from ledger.search.registry import Asked, Kind, register_token, registered
from ledger.search.words import words_of

__all__ = [
    "MAX_QUERY",
    "Asked",
    "Kind",
    "Problem",
    "Query",
    "Token",
    "Value",
    "filters_of",
    "parse_query",
    "register_token",
]

tokens.register_all()


def parse_query(text: str, *, strict: bool = False) -> Query:
    """Return what a query says. Without `strict`, problems are listed and the rest stands.

    Raises InvalidQuery with the first problem's position when `strict`.
    """
    query = split_query(text)
    query = without(query, [found for found in map(_check, query.tokens) if found])
    if strict and query.problems:
        first = min(query.problems, key=lambda problem: problem.position)
        raise InvalidQuery(first.message, position=first.position, token=first.token)
    # A sign among words narrows nothing down: no reason to refuse a program, but people are told.
    return query if strict else without(query, [f for f in map(_wordless, query.tokens) if f])


def _wordless(token: Token) -> Problem | None:
    if token.name != WORD or any(words_of(value.text) for value in token.values):
        return None
    return problem_of(token, f"{token.written}: has no letter or digit to look for.")


def _check(token: Token) -> Problem | None:
    kind = registered(token.name)
    if kind is None:
        return problem_of(token, f"{token.name}: is not a search token.")
    if not token.values:
        return problem_of(token, f"{token.name}: needs a value.")
    for value in token.values:
        message = kind.check(value)
        if message:
            return problem_of(token, message)
    return None


def filters_of(
    ledger: LedgerRef,
    query: Query,
    *,
    at: datetime,
    actor_id: str = "",
    service: str | None = None,
    decision_type: str | None = None,
    status: str | None = None,
    within: Sequence[str] = (),
) -> Filters:
    """Return the conditions of the list a query asks for, beside the three exact filters.

    `at` is the present, for ages; `actor_id` is who `by:me` is. Names that have to be looked up
    cost queries: a wildcard one, people and keys in `by:` two.
    """
    asked = Asked(ledger, at, actor_id)
    conditions = []
    for token in query.tokens:
        kind = registered(token.name)
        condition = kind.build(token.values, asked) if kind else None
        if condition is not None:
            conditions.append(condition.negated() if token.negated else condition)
    return Filters(
        service, decision_type, status, tuple(conditions), query.text.strip(), tuple(within)
    )
