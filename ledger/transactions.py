"""The three ways to meet the database.

`act` is one transaction and always outermost; `joins_act` opens one or becomes part of the one that
is open; `away_from_database` is for calls to other systems, which hold no connection. No
savepoints: a verb that fails undoes the whole act.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import wraps
from typing import Any, ParamSpec, TypeVar

from django.db import connection, transaction

P = ParamSpec("P")
R = TypeVar("R")


def act(verb: Callable[P, R]) -> Callable[P, R]:
    """Run `verb` as one durable transaction; refuses to run inside another one."""

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        with transaction.atomic(durable=True):
            return verb(*args, **kwargs)

    return run


def joins_act(verb: Callable[P, R]) -> Callable[P, R]:
    """Run `verb` inside the open act, or as an act of its own."""

    @wraps(verb)
    def run(*args: P.args, **kwargs: P.kwargs) -> R:
        if connection.in_atomic_block:
            return verb(*args, **kwargs)
        with transaction.atomic(durable=True):
            return verb(*args, **kwargs)

    return run


class DatabaseUsedAway(RuntimeError):
    """A query was tried while the database was left for another system."""


def _refuse(*_args: Any, **_kwargs: Any) -> None:
    raise DatabaseUsedAway("no query is allowed while another system is called")


@contextmanager
def away_from_database() -> Iterator[None]:
    """Give the connection back for the length of the block and refuse every query in it.

    Raises RuntimeError inside a transaction: nothing may be held while another system is awaited.
    """
    if connection.in_atomic_block:
        raise RuntimeError("a call to another system may not be made inside a transaction")
    connection.close()
    with connection.execute_wrapper(_refuse):
        yield
