"""The marks of the pages: hashes, times, counts."""

from datetime import UTC, datetime, timedelta, timezone

import pytest

from ledger.templatetags.marks import count, digest, fingerprint, hex_of, icon, initials, span, utc

HASH = bytes(range(32))


def test_a_hash_can_be_copied_whole():
    assert f'data-copy="{HASH.hex()}"' in digest(HASH, "entry hash")


def test_a_hash_is_short_to_read_unless_asked_for_whole():
    assert "<b>0001</b>" in digest(HASH)
    assert f">{HASH.hex()}<" in digest(HASH, full=True)


def test_two_hashes_that_differ_draw_different_skylines():
    assert fingerprint(HASH) != fingerprint(HASH[::-1])


def test_every_bar_of_a_fingerprint_stays_inside_its_drawing():
    shown = fingerprint(bytes([0x0F]) * 32)

    assert 'y="15" width="6" height="1"' in shown
    assert 'y="0" width="6" height="16"' in shown


def test_a_hash_from_the_database_reads_like_any_other():
    assert hex_of(memoryview(HASH)) == HASH.hex()


def test_a_moment_is_printed_in_utc_wherever_it_was_taken():
    berlin = timezone(timedelta(hours=1))

    shown = utc(datetime(2026, 11, 24, 10, 12, 4, tzinfo=berlin))

    assert ">24 Nov 2026, 09:12:04 UTC</time>" in shown
    assert 'datetime="2026-11-24T09:12:04.000000Z"' in shown


def test_a_moment_can_be_printed_as_its_day():
    assert ">24 Nov 2026</time>" in utc(datetime(2026, 11, 24, tzinfo=UTC), "day")


def test_counts_have_a_space_between_thousands():
    assert count(1234567) == "1\u00a0234\u00a0567"


@pytest.mark.parametrize(
    ("length", "words"),
    [
        (timedelta(seconds=-3), "0 seconds"),
        (timedelta(seconds=1), "1 second"),
        (timedelta(seconds=59), "59 seconds"),
        (timedelta(minutes=2, seconds=59), "2 minutes"),
        (timedelta(hours=23), "23 hours"),
        (timedelta(days=40), "40 days"),
    ],
)
def test_a_length_is_told_in_its_largest_unit(length, words):
    assert span(length) == words


def test_the_name_of_an_icon_cannot_leave_its_attribute():
    assert '"><b>' not in icon('"><b>')


@pytest.mark.parametrize(
    ("name", "letters"),
    [("Priya Nair", "PN"), ("Ada", "A"), ("ada@northwind.example", "AN"), ("", "?")],
)
def test_initials_are_of_the_first_and_last_word(name, letters):
    assert initials(name) == letters
