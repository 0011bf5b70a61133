"""Strict JSON that keeps the client's bytes.

What is accepted here can be sealed, searched, exported and read again by every JSON reader: RFC
8259 in UTF-8 without a byte order mark, unique keys at every level, finite numbers, no lone
surrogates, and within the limits below. Everything else is refused before anything is written.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any, NoReturn

import msgspec

from ledger.errors import InvalidContent, invalid

MAX_DEPTH = 64  # the body's own object is level 0, so that a part's object is level 1
MAX_NUMBER = 1000
MAX_KEY = 1024

# Only a number with an exponent of three digits or with very many digits can overflow a double or
# the limit: 200 digits and an exponent of 99 stay below 1e300. A body without such a run of
# characters skips the per-number hooks. Every byte is mapped to its class in one pass, which costs
# a tenth of a search by pattern; a run inside a string costs time only.
_CLASSES = bytes(
    ord("0")
    if chr(byte) in "0123456789."
    else ord("e")
    if chr(byte) in "eE"
    else ord("+") * (byte == ord("+"))
    for byte in range(256)
)
_SUSPECT_RUNS = (b"0e000", b"0e+000", b"0" * 200)
_SURROGATE = re.compile(rb"\\u[dD][89a-fA-F]")
_RAW_MEMBERS = msgspec.json.Decoder(dict[str, msgspec.Raw])
_RAW_ITEMS = msgspec.json.Decoder(list[msgspec.Raw])


@dataclass(frozen=True, slots=True)
class Member:
    """One value as it was sent, and what it parses to."""

    raw: bytes
    value: Any


def read_strict(body: bytes) -> Any:
    """Return the value of a strict JSON text.

    Raises InvalidContent: `undecodable_body`, `malformed_json`, `duplicate_key`,
    `number_out_of_range`, `invalid_unicode` or `too_deep`.
    """
    value = _parse(body)
    # Counting brackets is cheap and an upper bound; only a body that could be too deep is walked.
    if body.count(b"{") + body.count(b"[") > MAX_DEPTH:
        _check_depth(value)
    if b"\\u" in body and _SURROGATE.search(body):
        _check_surrogates(value)
    return value


def slice_members(body: bytes) -> dict[str, Member]:
    """Return each member of a JSON object with its exact bytes, first to last, and its value.

    Inner white space, key order and number spelling survive. Raises InvalidContent as `read_strict`
    does, and `malformed_json` when the text is not an object.
    """
    values = read_strict(body)
    if not isinstance(values, dict):
        raise invalid("", "malformed_json", "The body must be a JSON object.")
    raws = _RAW_MEMBERS.decode(body)
    return {name: Member(bytes(raws[name]), value) for name, value in values.items()}


def items_of(body: bytes, name: str) -> tuple[dict[str, Any], list[bytes]]:
    """Return an envelope without its array `name`, and the exact bytes of that array's items.

    The items are cut out, not checked: each is read by `slice_members` on its own, so that one bad
    item refuses itself and not its neighbours. Raises InvalidContent for the envelope.
    """
    if body.startswith(b"\xef\xbb\xbf"):
        raise invalid("", "undecodable_body", "The body begins with a byte order mark.")
    try:
        raws = _RAW_MEMBERS.decode(body)
        array = raws.pop(name, None)
        items = [] if array is None else _RAW_ITEMS.decode(array)
    except (msgspec.DecodeError, RecursionError, UnicodeDecodeError):
        # Say precisely what is wrong with the text; a text that is fine was of the wrong type.
        value = read_strict(body)
        if isinstance(value, dict):
            raise invalid(f"/{name}", "validation_failed", f"{name} must be an array.") from None
        raise invalid("", "malformed_json", "The body must be a JSON object.") from None
    if array is not None:
        body = body.replace(bytes(array), b"[]", 1)
    return read_strict(body), [bytes(item) for item in items]


def _may_overflow(body: bytes) -> bool:
    classes = body.translate(_CLASSES)
    return any(run in classes for run in _SUSPECT_RUNS)


def _parse(body: bytes) -> Any:
    if body.startswith(b"\xef\xbb\xbf"):
        raise invalid("", "undecodable_body", "The body begins with a byte order mark.")
    try:
        text = body.decode("utf-8")
    except UnicodeDecodeError as fault:
        raise invalid(
            "", "undecodable_body", f"The body is not UTF-8: see byte {fault.start}."
        ) from None
    hooks: dict[str, Any] = {}
    if _may_overflow(body):
        hooks = {"parse_int": _read_int, "parse_float": _read_float}
    try:
        return json.loads(text, object_pairs_hook=_unique, parse_constant=_no_constant, **hooks)
    except json.JSONDecodeError as fault:
        raise invalid(
            "",
            "malformed_json",
            f"The body is not JSON: line {fault.lineno}, column {fault.colno}.",
        ) from None
    except RecursionError:
        raise _too_deep() from None


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    members = dict(pairs)
    if len(members) != len(pairs):
        raise invalid("", "duplicate_key", "The same key stands twice in one object.")
    for key in members:
        if len(key) > MAX_KEY:
            raise invalid("", "validation_failed", f"A key is longer than {MAX_KEY} characters.")
    return members


def _no_constant(_name: str) -> NoReturn:
    raise invalid("", "number_out_of_range", "NaN and Infinity are not JSON numbers.")


def _read_int(token: str) -> int:
    if len(token) > MAX_NUMBER:
        raise invalid(
            "", "number_out_of_range", f"A number is longer than {MAX_NUMBER} characters."
        )
    return int(token)


def _read_float(token: str) -> float:
    if len(token) > MAX_NUMBER:
        raise invalid(
            "", "number_out_of_range", f"A number is longer than {MAX_NUMBER} characters."
        )
    number = float(token)
    if number in {float("inf"), float("-inf")}:
        raise invalid("", "number_out_of_range", "A number is too large for a double.")
    return number


def _too_deep() -> InvalidContent:
    return invalid("", "too_deep", f"The body is nested deeper than {MAX_DEPTH} levels.")


def _check_depth(value: Any) -> None:
    level = [value]
    for _depth in range(MAX_DEPTH + 1):
        level = [
            child
            for item in level
            if isinstance(item, (dict, list))
            for child in (item.values() if isinstance(item, dict) else item)
            if isinstance(child, (dict, list))
        ]
        if not level:
            return
    raise _too_deep()


def _check_surrogates(value: Any) -> None:
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(item)
            stack.extend(item.values())
        elif isinstance(item, list):
            stack.extend(item)
        elif isinstance(item, str):
            try:
                item.encode("utf-8")
            except UnicodeEncodeError:
                raise invalid(
                    "", "invalid_unicode", "A string holds half of a surrogate pair."
                ) from None
