"""Reading query parameters: a value that is not understood is refused and named."""

from __future__ import annotations

import re
from collections.abc import Collection
from typing import Final

from django.http import HttpRequest

from ledger.api.problems import invalid_parameter
from ledger.content.submission import read_time

MAX_PAGE: Final = 2**31 - 1

_WHOLE: Final = re.compile(r"[0-9]{1,16}", re.ASCII)
_CONTROL: Final = re.compile(r"[\x00-\x1f\x7f-\x9f]")
_YES_NO: Final = {"true": True, "1": True, "false": False, "0": False}


def whole(request: HttpRequest, name: str, *, default: int, low: int, high: int) -> int:
    """Return a whole number from `low` to `high`; absent is `default`."""
    sent = request.GET.get(name)
    if sent is None:
        return default
    if not _WHOLE.fullmatch(sent) or not low <= int(sent) <= high:
        raise invalid_parameter(name, f"must be a whole number from {low} to {high}.")
    return int(sent)


def text(request: HttpRequest, name: str, *, most: int = 200) -> str | None:
    """Return a text without control characters; absent and empty are both None."""
    sent = request.GET.get(name) or None
    if sent is not None and (len(sent) > most or _CONTROL.search(sent)):
        raise invalid_parameter(
            name, f"may have at most {most} characters and no control characters."
        )
    return sent


def choice(request: HttpRequest, name: str, choices: Collection[str], *, default: str) -> str:
    """Return one of `choices`; absent and empty are `default`."""
    sent = request.GET.get(name) or default
    if sent not in choices:
        raise invalid_parameter(name, f"must be one of {', '.join(choices)}.")
    return sent


def words(request: HttpRequest, name: str, known: Collection[str]) -> frozenset[str]:
    """Return the words of a comma list, each of which must be known."""
    sent = frozenset(word for word in request.GET.get(name, "").split(",") if word)
    if not sent <= frozenset(known):
        raise invalid_parameter(name, f"may name {', '.join(known)}.")
    return sent


def flag(request: HttpRequest, name: str) -> bool:
    """Return true or false; absent is false."""
    sent = request.GET.get(name, "false").lower()
    if sent not in _YES_NO:
        raise invalid_parameter(name, "must be true or false.")
    return _YES_NO[sent]


def moment(request: HttpRequest, name: str) -> str | None:
    """Return a date-time as the ledger writes it, None if it is absent."""
    sent = request.GET.get(name) or None
    if sent is None:
        return None
    # A plus sign that was not encoded arrives as a space.
    found = read_time(sent.replace(" ", "+"))
    if found is None:
        raise invalid_parameter(name, "must be an RFC 3339 date-time with an offset.")
    return found


def refuse_unknown(request: HttpRequest, known: Collection[str]) -> None:
    """Raise Problem for a parameter that nobody reads; for routes of our own, not the core."""
    for name in request.GET:
        if name not in known:
            raise invalid_parameter(name[:64], "is not a parameter of this address.")
