"""Reading the members of a verdict's body: pieces of content with their bytes, and words.

Faults are collected, so that one answer names all of them; `check` raises when there are any.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any

from ledger.content import Member, Piece
from ledger.content.submission import MAX_LABEL, MAX_TEXT, is_label
from ledger.errors import ContentFault, InvalidContent


class Fields:
    """The members of one body; null and absent are the same."""

    def __init__(self, members: Mapping[str, Member]) -> None:
        self._given = {name: one for name, one in members.items() if one.value is not None}
        self._faults: list[ContentFault] = []

    def check(self) -> None:
        """Raise InvalidContent with every fault that was found."""
        if self._faults:
            raise InvalidContent(*self._faults)

    def text(
        self, name: str, *, part: str = "", required: bool = False, most: int = MAX_TEXT
    ) -> Piece | None:
        """Return a text as content; an empty one is none, unless it is required."""
        member = self._of(name, required=required)
        if member is None:
            return None
        least = 1 if required else 0
        if not isinstance(member.value, str) or not least <= len(member.value) <= most:
            self._refuse(name, f"must be a string of {least} to {most:,} characters.")
            return None
        return Piece(part or name, "p", member.raw) if member.value else None

    def object(self, name: str, *, required: bool = False) -> Piece | None:
        """Return a JSON object as content."""
        member = self._of(name, required=required)
        if member is not None and not isinstance(member.value, dict):
            self._refuse(name, "must be an object.")
            return None
        return None if member is None else Piece(name, "p", member.raw)

    def label(self, name: str) -> str | None:
        """Return a word that is counted: 1 to 200 characters, no control characters."""
        value = self._value(name)
        if value is not None and not is_label(value):
            wanted = f"must have 1 to {MAX_LABEL} characters and no control characters."
            self._refuse(name, wanted, code="label_invalid")
            return None
        return str(value) if value is not None else None

    def choice(self, name: str, choices: Collection[str], *, required: bool = False) -> str | None:
        """Return one of `choices`."""
        member = self._of(name, required=required)
        if member is None:
            return None
        if not isinstance(member.value, str) or member.value not in choices:
            self._refuse(name, f"must be one of {', '.join(choices)}.")
            return None
        return member.value

    def entry(self, name: str, *, required: bool = False) -> int | None:
        """Return the number of an entry."""
        member = self._of(name, required=required)
        if member is None:
            return None
        if type(member.value) is not int or not 0 <= member.value < 2**53:
            self._refuse(name, "must be the number of an entry.")
            return None
        return member.value

    def refuse_given(self, names: Collection[str], why: str) -> None:
        """Note a fault for each of these members that was sent."""
        for name in names:
            if name in self._given:
                self._refuse(name, why)

    def _of(self, name: str, *, required: bool) -> Member | None:
        member = self._given.get(name)
        if member is None and required:
            self._refuse(name, "is required.")
        return member

    def _value(self, name: str) -> Any:
        member = self._given.get(name)
        return None if member is None else member.value

    def _refuse(self, name: str, wanted: str, *, code: str = "validation_failed") -> None:
        self._faults.append(ContentFault(f"/{name}", code, f"{name} {wanted}"))
