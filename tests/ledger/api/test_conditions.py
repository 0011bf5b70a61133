"""What request headers say, read to the letter."""

from __future__ import annotations

from typing import Any

import pytest
from django.http import HttpRequest
from django.test import RequestFactory

from ledger.api import conditions
from ledger.api.problems import Problem

TRACE, SPAN = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"


def having(**headers: Any) -> HttpRequest:
    return RequestFactory().get("/", headers={k.replace("_", "-"): v for k, v in headers.items()})


@pytest.mark.parametrize(("sent", "seen"), [('"7"', 7), (' "0" ', 0), ("*", None)])
def test_the_entry_seen_is_an_etag(sent: str, seen: int | None) -> None:
    assert conditions.seen_entry(having(If_Match=sent)) == seen


@pytest.mark.parametrize("sent", ["7", 'W/"7"', '"x"', '"07"', '"1", "2"', '"-1"', ""])
def test_what_is_no_etag_of_a_decision_is_refused(sent: str) -> None:
    with pytest.raises(Problem) as refused:
        conditions.seen_entry(having(If_Match=sent))

    assert refused.value.code == "invalid_parameter"


def test_saying_any_state_will_do_is_saying_nothing() -> None:
    with pytest.raises(Problem) as refused:
        conditions.require_seen_entry(having(If_Match="*"))

    assert refused.value.code == "precondition_required"


@pytest.mark.parametrize(
    ("sent", "unchanged"),
    [('"7"', True), ('W/"7"', True), ('"6", "7"', True), ("*", True), ('"6"', False)],
)
def test_any_of_the_states_named_counts_as_known(sent: str, unchanged: bool) -> None:
    assert conditions.is_unchanged(having(If_None_Match=sent), tag='"7"') is unchanged


@pytest.mark.parametrize(
    ("sent", "found"),
    [
        (f"00-{TRACE}-{SPAN}-01", (TRACE, SPAN)),
        (f"cc-{TRACE}-{SPAN}-01-more", (TRACE, SPAN)),
        (f"ff-{TRACE}-{SPAN}-01", None),
        (f"00-{'0' * 32}-{SPAN}-01", None),
        (f"00-{TRACE}-{'0' * 16}-01", None),
        (f"00-{TRACE.upper()}-{SPAN}-01", None),
        ("nonsense", None),
    ],
)
def test_a_bad_trace_is_no_trace(sent: str, found: tuple[str, str] | None) -> None:
    assert conditions.trace_of(having(traceparent=sent)) == found
