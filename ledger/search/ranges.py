"""Times and ages in a query, as half-open ranges of moments. Pure: the present is passed in."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta

from ledger.content.submission import read_time

_DAY = re.compile(r"\d{4}-\d\d-\d\d", re.ASCII)
_AGE = re.compile(r"(\d{1,6})([smhdw])", re.ASCII)
_UNITS = {"s": "seconds", "m": "minutes", "h": "hours", "d": "days", "w": "weeks"}
_LAST = datetime.max.replace(tzinfo=UTC)
_TICK = timedelta(microseconds=1)


@dataclass(frozen=True, slots=True)
class Moments:
    """The moments from `start` on and before `end`; None is no bound."""

    start: datetime | None = None
    end: datetime | None = None


def read_moments(value: str) -> Moments | None:
    """Return the moments that `2026-11-01`, `2026-11-01..2026-11-24`, `>=…` or `<…` name.

    Days are UTC and count whole, the last one of a range included. None if it is no such value.
    """
    sign, first, last = _split(value)
    if first == last == "":
        return None
    one, other = _span(first), _span(last)
    if (first and one is None) or (last and other is None):
        return None
    start = one[0] if one else None
    end = other[1] if other else None
    match sign:
        case ">":
            start = one[1] if one else None
        case "<":
            end = other[0] if other else None
    return Moments(start, end)


def read_age(value: str, *, at: datetime) -> Moments | None:
    """Return the moments that are `>2h`, `<30m` or `1d..2d` old at `at`.

    Units are s, m, h, d and w. None if the value is no age.
    """
    sign, first, last = _split(value)
    if not sign:
        return None
    youngest, oldest = _duration(first), _duration(last)
    if (first and youngest is None) or (last and oldest is None) or first == last == "":
        return None
    end = at - youngest if youngest is not None else None
    start = at - oldest if oldest is not None else None
    return Moments(start, end)


def _split(value: str) -> tuple[str, str, str]:
    """Return the sign, the lower and the upper bound; a single value is both."""
    if ".." in value:
        first, last = value.split("..", 1)
        return "..", first, last
    found = re.match(r"[<>]=?", value)
    sign = found.group() if found else ""
    rest = value[len(sign) :]
    return sign, "" if "<" in sign else rest, "" if ">" in sign else rest


def _span(text: str) -> tuple[datetime, datetime] | None:
    """Return the first moment of a day or moment and the first one after it."""
    try:
        if _DAY.fullmatch(text):
            day = datetime.combine(date.fromisoformat(text), datetime.min.time(), UTC)
            return day, min(_LAST - timedelta(days=1), day) + timedelta(days=1)
        written = read_time(text)
        moment = datetime.fromisoformat(written) if written else None
    except ValueError:
        return None
    return (moment, min(_LAST - _TICK, moment) + _TICK) if moment else None


def _duration(text: str) -> timedelta | None:
    found = _AGE.fullmatch(text)
    if not found:
        return None
    # A hundred years is older than everything and keeps the arithmetic within the calendar.
    return min(timedelta(**{_UNITS[found[2]]: int(found[1])}), timedelta(days=36_525))
