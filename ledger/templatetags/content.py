"""Recorded content made readable: chat as bubbles, keys and values as a table, the rest as JSON.

Whatever a model said is shown as text: markup and script in it are escaped, control characters and
signs that change the direction of writing are made visible, and a number keeps the digits that were
sent. Nothing here decides what a reader may see; it draws what it is given.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from django import template
from django.utils.html import conditional_escape, escape, format_html, format_html_join
from django.utils.safestring import SafeString, mark_safe

register = template.Library()

FOLD_LINES = 400
FOLD_CHARACTERS = 40_000
MAX_SHOWN_BYTES = 256 * 1024
_MAX_COLUMNS = 6
_MAX_ROWS = 50

# C0 but tab and ends of line, DEL, C1, and the characters that reorder what stands around them.
_HIDDEN = re.compile(
    r"[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\u061c\u200e\u200f\u202a-\u202e\u2066-\u2069\ufeff]"
    r"|\r(?!\n)"
)
_JOINT = re.compile(r"(?<=[_./:-])(?=\w)")


class Literal(str):
    """A number, true, false or null exactly as it stood in the record."""

    __slots__ = ()


@dataclass(frozen=True)
class Message:
    """One turn of a conversation; `role` picks a colour, `speaker` is what was recorded."""

    role: str
    speaker: str
    text: str
    extra: Any = None


@dataclass(frozen=True)
class Row:
    """One key with its value; `kind` says how the value is drawn: text, literal, rows or json."""

    key: str
    kind: str
    value: Any
    columns: tuple[str, ...] = ()


@dataclass(frozen=True)
class Reading:
    """How a piece of content is best read: chat, table, text, json, large or absent."""

    kind: str
    value: Any = None
    label: str = ""
    rest: tuple[Row, ...] = field(default=())


def parse(raw: bytes | memoryview | str) -> Any:
    """Return recorded JSON with every number left as the digits that were sent."""
    text = raw if isinstance(raw, str) else bytes(raw).decode()
    return json.loads(text, parse_float=Literal, parse_int=Literal, parse_constant=Literal)


def read(value: Any) -> Reading:
    """Choose how to show a parsed value."""
    if isinstance(value, dict) and value:
        return _read_object(value)
    if isinstance(value, list) and value and _is_chat(value):
        return Reading("chat", [_message(m) for m in value])
    return Reading("text" if _is_text(value) else "json", value)


def _read_object(value: dict[str, Any]) -> Reading:
    messages = value.get("messages")
    if isinstance(messages, list) and messages and _is_chat(messages):
        rest = tuple(_row(key, item) for key, item in value.items() if key != "messages")
        return Reading("chat", [_message(m) for m in messages], rest=rest)
    label, only = next(iter(value.items()))
    if len(value) == 1 and _is_text(only):
        return Reading("text", only, label=label)
    return Reading("table", tuple(_row(key, item) for key, item in value.items()))


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and not isinstance(value, Literal)


def _is_chat(value: list[Any]) -> bool:
    return all(isinstance(m, dict) and _is_text(m.get("role")) and "content" in m for m in value)


def _message(message: dict[str, Any]) -> Message:
    known = {"user", "assistant", "system", "tool"}
    role = message["role"] if message["role"] in known else "system"
    text, others = _spoken(message["content"])
    extra = {key: part for key, part in message.items() if key not in {"role", "content"}}
    if others:
        extra["content"] = others
    return Message(role, message["role"], text, extra or None)


def _spoken(content: Any) -> tuple[str, Any]:
    """Split the content of a message into what can be read as text and what cannot."""
    if _is_text(content):
        return content, None
    if not isinstance(content, list):
        return "", content
    words = [part["text"] for part in content if _is_spoken(part)]
    return "\n\n".join(words), [part for part in content if not _is_spoken(part)]


def _is_spoken(part: Any) -> bool:
    return isinstance(part, dict) and _is_text(part.get("text"))


def _row(key: str, value: Any) -> Row:
    if value is None or isinstance(value, Literal | bool):
        return Row(key, "literal", value)
    if isinstance(value, str):
        return Row(key, "text", value)
    columns = _columns(value)
    if columns:
        return Row(key, "rows", [list(item.values()) for item in value], columns)
    return Row(key, "json", value)


def _columns(value: Any) -> tuple[str, ...]:
    """Return the keys of a short list of flat objects that share them in order; else nothing."""
    if not isinstance(value, list) or not 0 < len(value) <= _MAX_ROWS:
        return ()
    keys = tuple(value[0]) if isinstance(value[0], dict) else ()
    alike = all(_is_flat(item) and tuple(item) == keys for item in value)
    return keys if alike and len(keys) <= _MAX_COLUMNS else ()


def _is_flat(item: Any) -> bool:
    return isinstance(item, dict) and not any(isinstance(v, dict | list) for v in item.values())


@register.inclusion_tag("ledger/_content.html")
def content(raw: bytes | memoryview | str | None, download: str = "") -> dict[str, Any]:
    """Draw a recorded part; one that is too large to read on a page becomes a download."""
    if raw is None:
        return {"reading": Reading("absent")}
    if len(raw) > MAX_SHOWN_BYTES:
        return {"reading": Reading("large", len(raw)), "download": download}
    return {"reading": read(parse(raw))}


@register.inclusion_tag("ledger/_content.html")
def content_as_sent(raw: bytes | memoryview | str | None, download: str = "") -> dict[str, Any]:
    """Draw a recorded part as the JSON it is."""
    drawn = content(raw, download)
    if drawn["reading"].kind not in {"absent", "large"}:
        drawn["reading"] = Reading("json", parse(raw or b"null"))
    return drawn


@register.filter
def fits_page(raw: bytes | memoryview | str | None) -> bool:
    """Say whether a recorded part is there and short enough to be read on a page."""
    return raw is not None and len(raw) <= MAX_SHOWN_BYTES


@register.filter
def visible(text: Any) -> SafeString:
    """Return text escaped, each character that would act or hide replaced by a visible sign."""
    pieces = _HIDDEN.split(str(text))
    signs = _HIDDEN.findall(str(text))
    shown: list[str] = [escape(pieces[0])]
    for sign, piece in zip(signs, pieces[1:], strict=True):
        shown += [f'<span class="ctl">U+{ord(sign):04X}</span>', escape(piece)]
    return mark_safe("".join(shown))  # noqa: S308  every piece was escaped just above


@register.filter
def label(text: str) -> SafeString:
    """Return a recorded label that may break after its joints, so that it fits a narrow page."""
    return format_html_join(mark_safe("<wbr>"), "{}", ((visible(p),) for p in _JOINT.split(text)))


@register.filter
def folded(text: str) -> tuple[str, str]:
    """Return the part of a long text that is shown at once and the part that is folded away."""
    lines = text.split("\n", FOLD_LINES)
    head = "\n".join(lines[:FOLD_LINES])[:FOLD_CHARACTERS]
    return head, text[len(head) :]


@register.filter
def as_json(value: Any) -> SafeString:
    """Return a parsed value as indented JSON with its kinds of token marked."""
    return mark_safe("".join(_tokens(value, "")))  # noqa: S308  `_tokens` escapes every leaf


@register.filter
def raw_json(raw: bytes | memoryview | str) -> SafeString:
    """Return recorded JSON text, indented for reading; digits stay as they were sent."""
    return as_json(parse(raw))


def _tokens(value: Any, indent: str) -> Iterator[str]:
    inner = indent + "  "
    match value:
        case Literal() | None | bool():
            yield format_html('<span class="n">{}</span>', literal(value))
        case str():
            yield format_html('<span class="s">"{}"</span>', visible(_quoted(value)))
        case dict() if value:
            yield "{"
            for at, (key, item) in enumerate(value.items()):
                mark = format_html('<span class="k">"{}"</span>: ', visible(_quoted(key)))
                yield f"{',' if at else ''}\n{inner}{mark}"
                yield from _tokens(item, inner)
            yield f"\n{indent}}}"
        case list() if value:
            yield "["
            for at, item in enumerate(value):
                yield f"{',' if at else ''}\n{inner}"
                yield from _tokens(item, inner)
            yield f"\n{indent}]"
        case _:
            yield "{}" if isinstance(value, dict) else "[]"


def _quoted(text: str) -> str:
    return text.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n").replace("\t", "\\t")


@register.filter
def literal(value: Any) -> str:
    """Return true, false, null or a number as JSON writes it."""
    match value:
        case None:
            return "null"
        case bool():
            return "true" if value else "false"
    return str(value)


@register.filter
def cell(value: Any) -> SafeString:
    """Return one value of a small table, as text or literal."""
    return visible(value) if _is_text(value) else conditional_escape(literal(value))


@register.simple_tag
def joined(values: list[Any], separator: str = ", ") -> SafeString:
    """Return values joined for reading, each escaped."""
    return format_html_join(separator, "{}", ((visible(value),) for value in values))
