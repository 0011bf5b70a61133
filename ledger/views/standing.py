"""The newest word on a ledger as pages show it: never a later word before it is true.

*Intact* is said of a run, up to an entry and with its age; once the run is older than twice the
interval of scheduled ones it is *stale*, which is not intact.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from ledger.integrity.runs import Badge, Run

State = Literal["intact", "stale", "unproven", "broken", "none"]
STALE_AFTER = timedelta(hours=2)


@dataclass(frozen=True, slots=True)
class Shown:
    """What the badge says: the state, the entry it reaches or breaks at, and how old it is.

    If it is unproven, the entry is the last one that was proven.
    """

    state: State
    seq: int | None
    age: timedelta | None


def shown(badge: Badge, *, at: datetime) -> Shown:
    """Return the badge of every page."""
    age = None if badge.at is None else at - badge.at
    if badge.verdict == "broken":
        return Shown("broken", badge.first_bad, age)
    if badge.verdict == "unproven":
        return Shown("unproven", badge.proven, age)
    return Shown(state_of(badge.verdict, badge.at, at=at), badge.upto, age)


def state_of(verdict: str | None, when: datetime | None, *, at: datetime) -> State:
    """Return the word for a verdict that was reached at `when`."""
    match verdict:
        case "broken":
            return "broken"
        case "unproven":
            return "unproven"
        case "intact":
            return "stale" if when is None or at - when > STALE_AFTER else "intact"
    return "none"


def freshness(run: Run | None, *, at: datetime) -> State:
    """Return the word for a finished run."""
    return "none" if run is None else state_of(run.verdict, run.at, at=at)
