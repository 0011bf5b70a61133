"""The list of decisions: paging by number, search in words, filters as tokens."""

from __future__ import annotations

import re
from urllib.parse import parse_qs, urlsplit

import pytest

from ledger.forms import FilterForm
from ledger.views import decisions
from tests.support.cast import make_workspace
from tests.support.visitors import hire


@pytest.fixture
def kim(acme):
    return hire(acme, "Kim", "viewer")


def numbers(page) -> list[int]:
    return [int(n) for n in re.findall(r'<td class="c-no">(\d+)</td>', page.content.decode())]


def test_the_newest_decision_comes_first(kim, scene):
    made = [scene.record().appended.header.seq for _ in range(3)]

    assert numbers(kim.get("decisions")) == made[::-1]


def test_pages_follow_without_a_gap_while_recording_goes_on(kim, scene, monkeypatch):
    monkeypatch.setattr(decisions, "ROWS", 2)
    made = [scene.record().appended.header.seq for _ in range(5)]

    first = kim.get("decisions")
    scene.record()
    following = re.search(r'rel="next" href="([^"]+)"', first.content.decode())
    second = kim.browser.get(following.group(1).replace("&amp;", "&"))

    assert numbers(first) + numbers(second) == made[:0:-1]


def test_a_page_asked_for_with_anothers_cursor_begins_the_search(kim, scene):
    scene.record()

    answer = kim.get("decisions", data={"q": "is:open", "after": "bm9uc2Vuc2U"})

    assert parse_qs(urlsplit(answer.url).query) == {"q": ["is:open"]}


def test_what_a_search_does_not_understand_is_named_and_the_rest_runs(kim, scene):
    scene.record(service_name="billing")
    other = scene.record(service_name="support").appended.header.seq

    page = kim.get("decisions", data={"q": "service:support colour:blue"})

    assert numbers(page) == [other]
    assert "colour: is not a search token." in page.content.decode()


def test_the_search_stays_in_its_box(kim, scene):
    scene.record()

    page = kim.get("decisions", data={"q": 'type:"<b>"'}).content.decode()

    assert 'value="type:&quot;&lt;b&gt;&quot;"' in page


def test_the_filter_menu_writes_tokens(kim):
    answer = kim.get("decisions", data={"q": "refund", "state": "open", "service": "a b"})

    assert parse_qs(urlsplit(answer.url).query) == {"q": ['refund is:open service:"a b"']}


@pytest.mark.parametrize(
    ("chosen", "tokens"),
    [
        ({}, []),
        ({"model": "gpt-4*"}, ["model:gpt-4*"]),
        ({"type": 'say "hi"'}, ['type:"say \\"hi\\""']),
        ({"first": "2026-11-01", "last": "2026-11-24"}, ["at:2026-11-01..2026-11-24"]),
        ({"first": "2026-11-01"}, ["at:2026-11-01.."]),
        ({"first": "2026-11-01", "last": "2026-11-01"}, ["at:2026-11-01"]),
        ({"first": "not a day", "state": "nonsense"}, []),
    ],
)
def test_each_filter_is_one_token(chosen, tokens):
    assert FilterForm(chosen).tokens() == tokens


def test_an_empty_ledger_shows_the_first_call(kim):
    page = kim.get("decisions").content.decode()

    assert "No decision is recorded yet" in page
    assert "/v1/decisions" in page


def test_a_search_without_a_match_offers_a_way_back(kim, scene):
    scene.record()

    page = kim.get("decisions", data={"q": "is:corrected"}).content.decode()

    assert "No decision matches" in page


def test_a_fragment_is_the_list_alone(kim, scene):
    scene.record()

    page = kim.get("decisions", headers={"HX-Request": "true"})

    assert b"<html" not in page.content
    assert b'id="list"' in page.content


def test_a_label_with_markup_is_text(kim, scene):
    scene.record(service_name="<script>alert(1)</script>")

    assert "<script>alert" not in kim.get("decisions").content.decode()


def test_another_workspaces_decisions_are_not_listed(kim, scene):
    scene.record()
    sam = hire(make_workspace("other"), "Sam", "admin")

    assert numbers(sam.get("decisions")) == []


def test_a_list_costs_few_queries(kim, scene, django_assert_max_num_queries):
    for _ in range(5):
        scene.record()
    kim.get("decisions")

    with django_assert_max_num_queries(15):
        kim.get("decisions")


def test_an_empty_list_changes_when_a_first_decision_came(kim, scene):
    asked = {"HX-Request": "true", "HX-Trigger": decisions.ARRIVAL}

    before = kim.get("decisions", headers=asked)
    made = scene.record().appended.header.seq
    after = kim.get("decisions", headers=asked)

    assert before.status_code == 204
    assert numbers(after) == [made]
