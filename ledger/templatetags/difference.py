"""A recorded value beside its correction: one row a field, changed words marked.

Inserted and deleted words are `ins` and `del`, never colour alone. Texts that have little in common
are shown whole, because marks on every second word help nobody.
"""

from __future__ import annotations

import difflib
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

from django import template
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from ledger.templatetags.content import Literal, as_json, literal, parse, visible

register = template.Library()

_WORDS = re.compile(r"\s+|\S+")
_SENTENCES = re.compile(r"[^.!?\n]*[.!?\n]+\s*|[^.!?\n]+$")
_MAX_WORDS = 2_000
_MAX_SENTENCES = 2_000
_ALIKE = 0.5
_FEW = 3


@dataclass(frozen=True)
class FieldRow:
    """One field of two versions; `rewritten` means too different for marks on words."""

    key: str
    before: SafeString
    after: SafeString
    changed: bool
    rewritten: bool = False


class _Absent:
    """A field that one of the two versions does not have."""


_ABSENT = _Absent()


@register.simple_tag
def field_rows(before: bytes | str, after: bytes | str) -> list[FieldRow]:
    """Return the fields of two recorded objects, in the order of the first, then what was added."""
    first, second = parse(before), parse(after)
    keys = [*first, *(key for key in second if key not in first)]
    return [_field_row(key, first.get(key, _ABSENT), second.get(key, _ABSENT)) for key in keys]


def _field_row(key: str, before: Any, after: Any) -> FieldRow:
    if _same(before, after):
        return FieldRow(key, _shown(before), _shown(after), changed=False)
    if _is_text(before) and _is_text(after):
        return _text_row(key, before, after)
    return FieldRow(key, _deleted(_shown(before)), _inserted(_shown(after)), changed=True)


def _same(before: Any, after: Any) -> bool:
    """Compare as records, not as Python does: 1 and 1.0 differ, "1" and 1 differ."""
    if isinstance(before, dict) and isinstance(after, dict):
        return before.keys() == after.keys() and all(_same(before[k], after[k]) for k in before)
    if isinstance(before, list) and isinstance(after, list):
        return len(before) == len(after) and all(map(_same, before, after))
    return type(before) is type(after) and before == after


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Literal)


def _text_row(key: str, before: str, after: str) -> FieldRow:
    first, second = _pieces(before, after)
    matcher = difflib.SequenceMatcher(None, first, second, autojunk=False)
    if not first or not second or matcher.ratio() < _ALIKE:
        shown = _deleted(visible(before)), _inserted(visible(after))
        return FieldRow(key, *shown, changed=True, rewritten=_is_long(before))
    return FieldRow(key, *_marked(first, second, matcher), changed=True)


def _is_long(text: str) -> bool:
    """Say whether a text has so many words that "rewritten" tells a reader something."""
    return len(text.split()) > _FEW


def _pieces(before: str, after: str) -> tuple[list[str], list[str]]:
    """Cut two texts into words, or into sentences when comparing words would take too long."""
    words = _WORDS.findall(before), _WORDS.findall(after)
    if max(map(len, words)) <= _MAX_WORDS:
        return words
    sentences = _SENTENCES.findall(before), _SENTENCES.findall(after)
    return sentences if max(map(len, sentences)) <= _MAX_SENTENCES else ([], [])


def _marked(
    first: Sequence[str], second: Sequence[str], matcher: difflib.SequenceMatcher[str]
) -> tuple[SafeString, SafeString]:
    left: list[str] = []
    right: list[str] = []
    for same, old, new in _runs(first, second, matcher):
        left.append(visible(old) if same else _around(old, _deleted))
        right.append(visible(new) if same else _around(new, _inserted))
    return mark_safe("".join(left)), mark_safe("".join(right))  # noqa: S308  pieces are escaped


def _runs(
    first: Sequence[str], second: Sequence[str], matcher: difflib.SequenceMatcher[str]
) -> list[tuple[bool, str, str]]:
    """Return equal and changed runs; a blank between two changes belongs to them, for one mark."""
    runs: list[tuple[bool, str, str]] = []
    for operation, a, b, c, d in matcher.get_opcodes():
        same, old, new = operation == "equal", "".join(first[a:b]), "".join(second[c:d])
        if same and runs and not old.strip():
            same = False
        if runs and runs[-1][0] == same:
            runs[-1] = (same, runs[-1][1] + old, runs[-1][2] + new)
        else:
            runs.append((same, old, new))
    return runs


def _around(text: str, mark: Callable[[SafeString], SafeString]) -> SafeString:
    """Mark the words of a run, not the blanks at its ends."""
    words = text.strip()
    before, _words, after = text.partition(words) if words else (text, "", "")
    return mark_safe(visible(before) + mark(visible(words)) + visible(after))  # noqa: S308  escaped


def _shown(value: Any) -> SafeString:
    match value:
        case _Absent():
            return mark_safe("")
        case None | bool() | Literal():
            return visible(literal(value))
        case str():
            return visible(value)
    return as_json(value)


def _deleted(shown: SafeString) -> SafeString:
    return format_html("<del>{}</del>", shown) if shown else shown


def _inserted(shown: SafeString) -> SafeString:
    return format_html("<ins>{}</ins>", shown) if shown else shown
