"""From a query to its tokens, with the place of everything that is not understood. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Literal

MAX_QUERY = 1000
WORD, NUMBER, ID = "", "#", "dec_"

_NAME = re.compile(r"([A-Za-z][A-Za-z_.]*):")
_CONTROL = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f]")
_PIECE = re.compile(r'"((?:[^"\\]|\\.)*)("|\Z)|([^",\s]+)', re.DOTALL)
_ESCAPED = re.compile(r"\\(.)", re.DOTALL)
_ORDERS: dict[str, Literal["new", "old"]] = {"new": "new", "age": "old"}


@dataclass(frozen=True, slots=True)
class Value:
    """One of a token's alternatives. `open` is a `*` at the end, which is not part of `text`."""

    text: str
    open: bool = False
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Token:
    """One condition as written. `name` is WORD, NUMBER, ID or what stands before the colon."""

    name: str
    values: tuple[Value, ...]
    negated: bool
    position: int
    written: str


@dataclass(frozen=True, slots=True)
class Problem:
    """What is wrong with a query and where; `position` counts characters from 0."""

    position: int
    token: str
    message: str


@dataclass(frozen=True, slots=True)
class Query:
    """A query taken apart: its tokens are all to hold. `problems` name what was left out of them.

    `order` is None unless the query says it.
    """

    text: str
    tokens: tuple[Token, ...] = ()
    problems: tuple[Problem, ...] = ()
    order: Literal["new", "old"] | None = None


def split_query(text: str) -> Query:
    """Return the tokens of a text; whether they mean anything is checked by `parse_query`."""
    problems = []
    if len(text) > MAX_QUERY:
        message = f"A search has at most {MAX_QUERY} characters; the rest was left out."
        problems.append(Problem(MAX_QUERY, "", message))
    kept = text[:MAX_QUERY]
    problems += [
        Problem(found.start(), "", "A control character was left out.")
        for found in _CONTROL.finditer(kept)
    ]
    tokens, order = [], None
    # A blank in its place keeps the positions of everything behind it.
    for token in _tokens(_CONTROL.sub(" ", kept)):
        if token.name == "sort":
            order, problem = _order(token)
            problems += [problem] if problem else []
        else:
            tokens.append(token)
    return Query(text, tuple(tokens), tuple(problems), order)


def _tokens(text: str) -> Iterator[Token]:
    position = 0
    while position < len(text):
        if text[position].isspace():
            position += 1
            continue
        end = _end_of_token(text, position)
        token = _read(text[position:end], position)
        if token:
            yield token
        position = end


def _end_of_token(text: str, position: int) -> int:
    """Return where the token ends: at the first blank outside quotation marks."""
    while position < len(text) and not text[position].isspace():
        if text[position] == '"':
            found = _PIECE.match(text, position)
            position = found.end() if found else position + 1
        else:
            position += 1
    return position


def _read(written: str, position: int) -> Token | None:
    negated = written.startswith("-")
    rest = written[1:] if negated else written
    named = _NAME.match(rest)
    name, body = (named[1].lower(), rest[named.end() :]) if named else (WORD, rest)
    if not named and re.match(r"#\d", rest):
        name, body = NUMBER, rest.replace("#", "")
    elif not named and rest.startswith("dec_"):
        name = ID
    values = tuple(_values(body))
    if name == WORD and not values:
        return None
    return Token(name, values, negated, position, written)


def _values(body: str) -> Iterator[Value]:
    for found in _PIECE.finditer(body):
        if found[3] is None:
            yield Value(_ESCAPED.sub(r"\1", found[1]), quoted=True)
        elif found[3].endswith("*") and found[3] != "*":
            yield Value(found[3].rstrip("*"), open=True)
        else:
            yield Value(found[3])


def _order(token: Token) -> tuple[Literal["new", "old"] | None, Problem | None]:
    words = [value.text.lower() for value in token.values]
    if len(words) == 1 and words[0] in _ORDERS and not token.negated:
        return _ORDERS[words[0]], None
    return None, problem_of(token, "sort: is new or age.")


def problem_of(token: Token, message: str) -> Problem:
    """Return the problem with a token."""
    return Problem(token.position, token.written, message)


def without(query: Query, problems: list[Problem]) -> Query:
    """Return the query without the tokens that have these problems."""
    bad = {problem.position for problem in problems}
    kept = tuple(token for token in query.tokens if token.position not in bad)
    return replace(query, tokens=kept, problems=(*query.problems, *problems))
