"""Which tokens there are. Upper apps bring theirs, so that the ledger need not know them."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime

from ledger.queries import LedgerRef
from ledger.queries.filters import Condition
from ledger.search.parsing import Value


@dataclass(frozen=True, slots=True)
class Asked:
    """In which ledger, when and by whom a query is asked."""

    ledger: LedgerRef
    at: datetime
    actor_id: str


Build = Callable[[Sequence[Value], Asked], "Condition | None"]
Check = Callable[[Value], "str | None"]


@dataclass(frozen=True, slots=True)
class Kind:
    """A kind of token: the condition it stands for, and what is wrong with a value, if anything."""

    build: Build
    check: Check


_KINDS: dict[str, Kind] = {}


def register_token(name: str, build: Build, *, check: Check = lambda _value: None) -> None:
    """Add a token, once, while an app starts. `build` gives None for a value that asks nothing.

    Raises ValueError for a name that is taken: two meanings of a word would change lists silently.
    """
    if name in _KINDS:
        raise ValueError(f"the search token {name}: is taken")
    _KINDS[name] = Kind(build, check)


def registered(name: str) -> Kind | None:
    """Return the kind of token with this name, or None."""
    return _KINDS.get(name)
