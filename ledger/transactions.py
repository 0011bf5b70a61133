"""The two ways to change the database.

`act` is one transaction and always outermost; `joins_act` opens one or becomes part of the one that
is open. No savepoints: a verb that fails undoes the whole act.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import ParamSpec, TypeVar

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
