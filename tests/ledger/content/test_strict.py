"""Strict JSON: what is refused is refused before anything is written, and no byte changes."""

from __future__ import annotations

import pytest

from ledger.content import items_of, read_strict, slice_members
from ledger.errors import InvalidContent


def _refusal(body: bytes) -> str:
    with pytest.raises(InvalidContent) as refusal:
        slice_members(body)
    return refusal.value.code


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "malformed_json"),
        (b"{", "malformed_json"),
        (b"[]", "malformed_json"),
        (b"null", "malformed_json"),
        (b'{"a":1}x', "malformed_json"),
        (b'{"a":01}', "malformed_json"),
        (b'{"a":"\x01"}', "malformed_json"),
        (b'\xef\xbb\xbf{"a":1}', "undecodable_body"),
        (b'{"a":"\xff"}', "undecodable_body"),
        (b'{"a":"\xed\xa0\x80"}', "undecodable_body"),
        (b'{"a":NaN}', "number_out_of_range"),
        (b'{"a":-Infinity}', "number_out_of_range"),
        (b'{"a":1e400}', "number_out_of_range"),
        (b'{"a":' + b"9" * 210 + b"e99}", "number_out_of_range"),
        (b'{"a":' + b"9" * 1001 + b"}", "number_out_of_range"),
        (b'{"a":0.' + b"1" * 1001 + b"}", "number_out_of_range"),
        (b'{"a":1,"a":2}', "duplicate_key"),
        (b'{"a":{"b":1,"\\u0062":2}}', "duplicate_key"),
        (b'{"a":"\\ud800"}', "invalid_unicode"),
        (b'{"\\udc00":1}', "invalid_unicode"),
        (b'{"a":' * 66 + b"1" + b"}" * 66, "too_deep"),
        (b'{"a":' + b"[" * 100_000 + b"]" * 100_000 + b"}", "too_deep"),
        (b'{"' + b"k" * 1025 + b'":1}', "validation_failed"),
    ],
)
def test_what_could_not_be_read_again_is_refused(body: bytes, code: str) -> None:
    assert _refusal(body) == code


@pytest.mark.parametrize(
    "raw",
    [
        b"{}",
        b"[]",
        b'""',
        b"1.50",
        b"1e22",
        b"123456789012345678901234567890",
        b'{ "z" : 1,\n "a": [ 1 ,2] }',
        b'"\\u0000 and \\u00e9"',
        b'"\\ud83d\\ude00"',
        b"-0",
        b"1e-400",
    ],
)
def test_the_bytes_of_a_member_survive(raw: bytes) -> None:
    members = slice_members(b' { "before": null, "a" :\t' + raw + b' , "after": 1 } ')

    assert members["a"].raw == raw


def test_a_part_may_be_nested_sixty_four_deep() -> None:
    value = b'{"a":' * 64 + b"1" + b"}" * 64

    assert slice_members(b'{"input":' + value + b"}")["input"].raw == value


def test_sixty_four_brackets_side_by_side_are_not_deep() -> None:
    assert len(read_strict(b"[" + b",".join([b"[]"] * 500) + b"]")) == 500


def test_items_are_cut_out_with_their_bytes() -> None:
    envelope, items = items_of(
        b'{"decisions": [ {"a": 1.0} , {"b" :2}], "on_error":"skip"}', "decisions"
    )

    assert (envelope["on_error"], items) == ("skip", [b'{"a": 1.0}', b'{"b" :2}'])


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b'{"decisions": {}}', "validation_failed"),
        (b"[]", "malformed_json"),
        (b'{"decisions": []', "malformed_json"),
        (b'{"decisions": [], "decisions": []}', "duplicate_key"),
        (b'{"decisions": [1], "on_error": NaN}', "number_out_of_range"),
    ],
)
def test_an_envelope_is_as_strict_as_a_body(body: bytes, code: str) -> None:
    with pytest.raises(InvalidContent) as refusal:
        items_of(body, "decisions")

    assert refusal.value.code == code
