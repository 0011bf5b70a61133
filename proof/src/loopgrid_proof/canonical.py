"""One value, one byte string: the RFC 8785 writer, and a reader that accepts nothing else.

`canonical_bytes` writes any JSON value. `parse_strict` and `read_canonical` read the narrower
profile of entry headers: numbers are whole, not negative, and at most 2^53-1.
"""

from __future__ import annotations

import json
import math
from collections.abc import Mapping
from typing import Any, NoReturn

from loopgrid_proof.errors import Fault

MAX_INT = 2**53 - 1
_INT_DIGITS = 16
_FIRST_BYTE_BEYOND_BMP = 0xF0
_PLAIN_EXPONENT = 21  # ECMAScript writes 1e21 and above with an exponent, and below 1e-6 too
_SMALL_EXPONENT = -6

_write_string = json.JSONEncoder(ensure_ascii=False).encode
# For headers, whose keys are ASCII and whose numbers are whole, this is RFC 8785.
_write_plain = json.JSONEncoder(
    sort_keys=True, separators=(",", ":"), ensure_ascii=False, allow_nan=False
).encode


def canonical_bytes(value: object) -> bytes:
    """Return the RFC 8785 form of `value`: dict, list, tuple, str, int, float, bool or None.

    Raises Fault(E_PROFILE) for what has no such form: NaN, an integer beyond 2^53-1, a key that
    is not a string, a lone surrogate, another type.
    """
    try:
        return _write(value).encode("utf-8")
    except UnicodeEncodeError:
        raise Fault("E_PROFILE", "A string holds a lone surrogate.") from None
    except RecursionError:
        raise Fault("E_PROFILE", "The value is nested too deep.") from None


def plain_bytes(value: Mapping[str, Any]) -> bytes:
    """Return the same as `canonical_bytes`, faster, for a header.

    Requires ASCII keys and whole numbers; nothing is checked here.
    """
    return _write_plain(value).encode("utf-8")


def parse_strict(raw: bytes) -> Any:
    """Return the value of strict JSON with whole numbers up to 2^53-1, or raise Fault(E_PARSE).

    Duplicate keys pass here: re-serialising is what refuses them.
    """
    try:
        value = _DECODER.decode(raw.decode("utf-8", "strict"))
    except RecursionError:
        raise Fault("E_PARSE", "The JSON is nested too deep.") from None
    except ValueError:  # also UnicodeDecodeError and JSONDecodeError
        raise Fault("E_PARSE", "Not strict UTF-8 JSON with whole numbers.") from None
    if b"\\u" in raw:
        _refuse_lone_surrogates(value)
    return value


def is_canonical(value: Any, raw: bytes) -> bool:
    """Say whether `raw` is exactly the RFC 8785 form of `value`, which was parsed from it."""
    try:
        if _write_plain(value).encode("utf-8") != raw:
            return _has_wide_character(raw) and canonical_bytes(value) == raw
        return not _has_wide_character(raw) or canonical_bytes(value) == raw
    except RecursionError:
        return False


def read_canonical(raw: bytes) -> Any:
    """Return the value `raw` stands for; Fault(E_PARSE) or Fault(E_CANON) if it is not one."""
    value = parse_strict(raw)
    if not is_canonical(value, raw):
        raise Fault("E_CANON", "The bytes are not the canonical form of their value.")
    return value


def _has_wide_character(raw: bytes) -> bool:
    # RFC 8785 sorts keys by UTF-16 units, Python by code points: they differ beyond the BMP.
    return not raw.isascii() and max(raw) >= _FIRST_BYTE_BEYOND_BMP


def _write(value: object) -> str:
    if value is None or value is True or value is False:
        return {None: "null", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return _write_string(str(value))
    if isinstance(value, int):
        return _write_int(value)
    if isinstance(value, float):
        return _write_float(value)
    if isinstance(value, (list, tuple)):
        return "[" + ",".join(map(_write, value)) + "]"
    if isinstance(value, Mapping):
        return "{" + ",".join(map(_write_member, sorted(value.items(), key=_utf16_key))) + "}"
    raise Fault("E_PROFILE", f"JSON has no form for {type(value).__name__}.")


def _write_member(member: tuple[str, object]) -> str:
    return _write_string(member[0]) + ":" + _write(member[1])


def _utf16_key(member: tuple[object, object]) -> bytes:
    key = member[0]
    if not isinstance(key, str):
        raise Fault("E_PROFILE", "A key is not a string.")
    return key.encode("utf-16-be")


def _write_int(value: int) -> str:
    if not -MAX_INT <= value <= MAX_INT:
        raise Fault("E_PROFILE", "An integer lies beyond 2^53-1.")
    return str(int(value))


def _write_float(value: float) -> str:
    """Return ECMAScript's Number::toString of `value` (RFC 8785, 3.2.2.3)."""
    if not math.isfinite(value):
        raise Fault("E_PROFILE", "JSON has no NaN and no Infinity.")
    if value == 0:
        return "0"
    sign = "-" if value < 0 else ""
    # repr gives the shortest digits that read back as the same double, as ECMAScript does.
    mantissa, _, exponent = repr(abs(value)).partition("e")
    whole, _, fraction = mantissa.partition(".")
    digits = (whole + fraction).lstrip("0")
    point = len(whole) + int(exponent or 0) - (len(whole + fraction) - len(digits))
    return sign + _place_point(digits.rstrip("0"), point)


def _place_point(digits: str, point: int) -> str:
    """Return `digits` with the decimal point after the first `point` of them."""
    count = len(digits)
    if count <= point <= _PLAIN_EXPONENT:
        return digits + "0" * (point - count)
    if 0 < point <= _PLAIN_EXPONENT:
        return digits[:point] + "." + digits[point:]
    if _SMALL_EXPONENT < point <= 0:
        return "0." + "0" * -point + digits
    fraction = "." + digits[1:] if count > 1 else ""
    return f"{digits[0]}{fraction}e{point - 1:+d}"


def _refuse_lone_surrogates(value: Any) -> None:
    try:
        _write_plain(value).encode("utf-8")
    except (UnicodeEncodeError, RecursionError):
        raise Fault("E_PARSE", "A string holds a lone surrogate.") from None


def _read_int(token: str) -> int:
    if len(token) > _INT_DIGITS or not (token.isascii() and token.isdigit()):
        raise ValueError(token)
    number = int(token)
    if number > MAX_INT:
        raise ValueError(token)
    return number


def _refuse_number(token: str) -> NoReturn:
    raise ValueError(token)


_DECODER = json.JSONDecoder(
    parse_int=_read_int, parse_float=_refuse_number, parse_constant=_refuse_number
)
