"""The search language: what is understood, what is named as a problem, and where."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from ledger import search
from ledger.errors import InvalidQuery
from ledger.search.parsing import ID, NUMBER, WORD, Value
from ledger.search.ranges import Moments, read_age, read_moments
from ledger.search.words import words_of

NOON = datetime(2026, 11, 24, 12, tzinfo=UTC)


def told(text):
    return [
        (token.name, [value.text for value in token.values], token.negated)
        for token in search.parse_query(text).tokens
    ]


def test_an_empty_query_asks_nothing():
    query = search.parse_query("  ")

    assert (query.tokens, query.problems, query.order) == ((), (), None)


def test_tokens_words_and_phrases_stand_side_by_side():
    assert told('service:support-agent refund "charged twice" -is:open') == [
        ("service", ["support-agent"], False),
        (WORD, ["refund"], False),
        (WORD, ["charged twice"], False),
        ("is", ["open"], True),
    ]


def test_a_comma_separates_alternatives():
    assert told('is:flagged,corrected service:"a, b",c') == [
        ("is", ["flagged", "corrected"], False),
        ("service", ["a, b", "c"], False),
    ]


def test_a_quoted_value_keeps_blanks_quotes_and_stars():
    (token,) = search.parse_query(r'service:"my \"agent\" v*"').tokens

    assert token.values == (Value('my "agent" v*', quoted=True),)


def test_a_star_at_the_end_leaves_the_value_open():
    (token,) = search.parse_query("model:gpt-4*").tokens

    assert token.values == (Value("gpt-4", open=True),)


def test_numbers_and_ids_need_no_name():
    recorded = "dec_" + "0a" * 16

    assert told(f"#48213,#48214 {recorded}") == [
        (NUMBER, ["48213", "48214"], False),
        (ID, [recorded], False),
    ]


def test_names_are_read_in_any_case():
    assert told("IS:Open") == [("is", ["Open"], False)]


def test_a_clock_time_and_a_lone_dash_are_no_tokens():
    assert told("12:30 - refund") == [(WORD, ["12:30"], False), (WORD, ["refund"], False)]


@pytest.mark.parametrize(
    ("text", "position", "token"),
    [
        ("refund colour:red", 7, "colour:red"),
        ("turn:me", 0, "turn:me"),
        ("conf:<0.6", 0, "conf:<0.6"),
        ("is:overdue", 0, "is:overdue"),
        ("is:replayed", 0, "is:replayed"),
        ("sort:priority", 0, "sort:priority"),
        ("replay:live", 0, "replay:live"),
        ("input.customer.tier:gold", 0, "input.customer.tier:gold"),
        ("a hash:7b37e", 2, "hash:7b37e"),
        ("hash:xyzxyz", 0, "hash:xyzxyz"),
        ("dec_123", 0, "dec_123"),
        ("#9999999999999999999", 0, "#9999999999999999999"),
        ("risk:severe", 0, "risk:severe"),
        ("at:yesterday", 0, "at:yesterday"),
        ("at:2026-02-30", 0, "at:2026-02-30"),
        ("at:..", 0, "at:.."),
        ("age:2h", 0, "age:2h"),
        ("age:>2y", 0, "age:>2y"),
        ("service:", 0, "service:"),
        ("a\x00b", 1, ""),
        ("x" * 1001, 1000, ""),
    ],
)
def test_what_is_not_understood_is_refused_with_its_place(text, position, token):
    with pytest.raises(InvalidQuery) as refused:
        search.parse_query(text, strict=True)

    assert (refused.value.position, refused.value.token) == (position, token)


def test_a_page_names_the_problem_and_runs_the_rest():
    query = search.parse_query("is:open colour:red refund")

    assert [token.written for token in query.tokens] == ["is:open", "refund"]
    assert [(problem.position, problem.token) for problem in query.problems] == [(8, "colour:red")]


def test_positions_hold_behind_a_control_character():
    query = search.parse_query("a\x07b colour:red")

    assert [problem.position for problem in query.problems] == [1, 4]


@pytest.mark.parametrize(("text", "order"), [("sort:age", "old"), ("sort:new", "new"), ("x", None)])
def test_sort_says_the_order(text, order):
    assert search.parse_query(text, strict=True).order == order


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("2026-11-01", "2026-11-01", "2026-11-02"),
        ("2026-11-01..2026-11-24", "2026-11-01", "2026-11-25"),
        ("2026-11-01..", "2026-11-01", None),
        ("..2026-11-24", None, "2026-11-25"),
        (">=2026-11-01", "2026-11-01", None),
        (">2026-11-01", "2026-11-02", None),
        ("<2026-11-01", None, "2026-11-01"),
        ("<=2026-11-01", None, "2026-11-02"),
        ("2026-11-01T10:00:00+02:00..", "2026-11-01T08:00", None),
    ],
)
def test_days_are_whole_and_in_utc(text, start, end):
    moments = read_moments(text)

    expected = [
        datetime.fromisoformat(day).replace(tzinfo=UTC) if day else None for day in (start, end)
    ]
    assert moments == Moments(*expected)


@pytest.mark.parametrize("text", ["9999-12-31", ">9999-12-31", "..9999-12-31", "0001-01-01.."])
def test_the_ends_of_the_calendar_are_dates_too(text):
    assert read_moments(text) is not None


def test_an_age_is_counted_back_from_the_present():
    hour = timedelta(hours=1)

    assert read_age(">2h", at=NOON) == Moments(None, NOON - 2 * hour)
    assert read_age("<30m", at=NOON) == Moments(NOON - hour / 2, None)
    assert read_age("1d..2d", at=NOON) == Moments(NOON - 48 * hour, NOON - 24 * hour)
    assert read_age(">999999w", at=NOON) is not None


def test_words_are_cut_alike_whatever_stands_between_them():
    assert words_of("Ärger: user@example.org, support_v1\0naïve ﬁne") == [
        "ärger",
        "user",
        "example",
        "org",
        "support",
        "v1",
        "naïve",
        "fine",
    ]


def test_a_token_has_one_meaning():
    with pytest.raises(ValueError, match="taken"):
        search.register_token("is", lambda _values, _asked: None)


def test_a_page_names_what_holds_no_word_to_look_for():
    query = search.parse_query("refund ((( 😀")

    assert [problem.token for problem in query.problems] == ["(((", "😀"]
    assert [token.written for token in query.tokens] == ["refund"]


def test_a_sign_among_words_is_no_reason_to_refuse_a_program():
    assert search.parse_query("refund & charge", strict=True).problems == ()
