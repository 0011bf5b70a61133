"""What a key looks like, and what is never taken for one."""

from __future__ import annotations

import hashlib

import pytest

from accounts.errors import KeyInvalid
from accounts.keys import LOCAL_SCOPES, PRESETS, SCOPES, format_key, parse_key

KEY = format_key(bytes(range(25)))


def test_a_key_is_read_back_as_its_digest_and_its_shown_prefix():
    parsed = parse_key(KEY)

    assert KEY.startswith("lg_live_")
    assert parsed.digest == hashlib.sha256(KEY.encode()).digest()
    assert parsed.prefix == KEY[:14]


@pytest.mark.parametrize(
    "text",
    [
        "",
        "lg_live_",
        KEY[:-1],
        KEY + "a",
        KEY.upper(),
        KEY.replace("lg_live_", "lg_test_"),
        " " + KEY,
        KEY + "\n",
        "lg_live_" + "é" * 48,
        "\x00",
    ],
)
def test_what_is_not_a_key_is_refused(text: str):
    with pytest.raises(KeyInvalid):
        parse_key(text)


@pytest.mark.parametrize("place", [8, 20, 40, 55])
def test_one_mistyped_character_is_noticed(place: int):
    other = "a" if KEY[place] != "a" else "b"

    with pytest.raises(KeyInvalid, match="mistyped"):
        parse_key(KEY[:place] + other + KEY[place + 1 :])


def test_a_key_never_shows_in_what_is_printed():
    assert KEY not in repr(parse_key(KEY))


def test_too_little_chance_makes_no_key():
    with pytest.raises(ValueError, match="25 random bytes"):
        format_key(b"short")


def test_presets_hold_known_scopes_and_none_of_them_administers():
    for scopes in PRESETS.values():
        assert set(scopes) <= set(SCOPES) - {"admin", "ops"}


def test_a_local_call_may_do_everything_but_administer():
    assert set(SCOPES) - LOCAL_SCOPES == {"admin"}
