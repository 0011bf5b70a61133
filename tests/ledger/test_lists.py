"""Lists: every decision once, newest first, with totals that are exact at any moment."""

from __future__ import annotations

import pytest

from ledger.errors import InvalidContent
from ledger.queries import lists
from ledger.queries.filters import Filters

pytestmark = pytest.mark.django_db(transaction=True)

ALL = Filters()


def seqs(found):
    return [state.seq for state in found.states]


def test_a_list_is_newest_first(scene, ledger):
    recorded = [scene.record().appended.header.seq for _ in range(3)]

    found = lists.after(ledger, ALL)

    assert seqs(found) == recorded[::-1]
    assert (found.has_more, found.next_cursor, found.total) == (False, None, None)


def test_an_old_first_list_is_the_same_list_turned_round(scene, ledger):
    recorded = [scene.record().appended.header.seq for _ in range(3)]

    found = lists.after(ledger, ALL, order="old")

    assert seqs(found) == recorded


def test_recording_between_two_slices_repeats_and_skips_nothing(scene, ledger):
    recorded = [scene.record().appended.header.seq for _ in range(5)]
    first = lists.after(ledger, ALL, limit=2)
    scene.record()

    second = lists.after(ledger, ALL, limit=2, cursor=first.next_cursor)
    third = lists.after(ledger, ALL, limit=2, cursor=second.next_cursor)

    assert seqs(first) + seqs(second) + seqs(third) == recorded[::-1]
    assert not third.has_more


def test_a_cursor_of_another_list_is_refused(scene, ledger):
    for _ in range(3):
        scene.record()
    cursor = lists.after(ledger, ALL, limit=1).next_cursor

    for other in (Filters(service="support-agent"), Filters(source="is:open")):
        with pytest.raises(InvalidContent) as refused:
            lists.after(ledger, other, limit=1, cursor=cursor)
        assert refused.value.code == "invalid_parameter"


@pytest.mark.parametrize("cursor", ["1", "MTI", "é", "====", "MTI6" + "x" * 43])
def test_an_invented_cursor_is_refused(ledger, cursor):
    with pytest.raises(InvalidContent):
        lists.after(ledger, ALL, cursor=cursor)


def test_filters_match_service_type_and_status_exactly(scene, ledger, ben):
    scene.record(service_name="a", decision_type="x")
    wanted = scene.record(service_name="a", decision_type="y")
    scene.record(service_name="b", decision_type="y")
    scene.flag(wanted, ben)

    for filters in (
        Filters(service="a", decision_type="y"),
        Filters(status="incorrect"),
        Filters(service="a", decision_type="y", status="incorrect"),
    ):
        page = lists.page_of(ledger, filters, page=1, page_size=20)
        assert (seqs(page), page.total) == ([wanted.appended.header.seq], 1)


@pytest.mark.parametrize(
    "filters", [Filters(status="unknown"), Filters(service="a\0b"), Filters(decision_type="A")]
)
def test_an_unknown_value_gives_an_empty_list(scene, ledger, filters):
    scene.record(decision_type="a")

    page = lists.page_of(ledger, filters, page=1, page_size=20)

    assert (page.states, page.total, page.has_more) == ((), 0, False)


def test_pages_follow_each_other_and_end(scene, ledger):
    recorded = [scene.record().appended.header.seq for _ in range(5)][::-1]

    pages = [lists.page_of(ledger, ALL, page=number, page_size=2) for number in (1, 2, 3, 4)]

    assert [seqs(page) for page in pages] == [recorded[:2], recorded[2:4], recorded[4:], []]
    assert [page.has_more for page in pages] == [True, True, False, False]
    assert {page.total for page in pages} == {5}


def test_a_page_hands_over_to_the_cursor_form(scene, ledger):
    recorded = [scene.record().appended.header.seq for _ in range(5)][::-1]

    page = lists.page_of(ledger, ALL, page=1, page_size=2)
    found = lists.after(ledger, ALL, cursor=page.next_cursor)

    assert seqs(found) == recorded[2:]


def test_the_last_imaginable_page_is_empty(scene, ledger):
    scene.record()

    page = lists.page_of(ledger, ALL, page=2**31 - 1, page_size=100)

    assert (page.states, page.total) == ((), 1)


@pytest.mark.parametrize("names", [("a", "c"), tuple("abcdefghijklmnopqrstuvwxyz")])
def test_decisions_of_several_services_are_one_list_in_order(scene, ledger, names):
    recorded = [scene.record(service_name=name) for name in "acbcaAca"]
    allowed = Filters(within=names)
    wanted = [r.appended.header.seq for r in recorded if r.submission.facts["svc"] in names][::-1]

    pages = [lists.page_of(ledger, allowed, page=page, page_size=3) for page in (1, 2, 3)]
    oldest = lists.after(ledger, allowed, order="old", limit=2, count=True)

    assert [seq for page in pages for seq in seqs(page)] == wanted
    assert (seqs(oldest), oldest.total) == (wanted[:-3:-1], len(wanted))


def test_another_workspace_is_not_in_the_list(scene, ledger, record):
    from tests.support.cast import make_workspace

    scene.record()

    assert lists.page_of(make_workspace().ledger, ALL, page=1, page_size=20).total == 0


def test_a_list_costs_a_fixed_number_of_queries(scene, ledger, django_assert_num_queries):
    for _ in range(3):
        scene.record()

    with django_assert_num_queries(1):
        lists.after(ledger, ALL)
    with django_assert_num_queries(2):
        lists.after(ledger, ALL, count=True)
    with django_assert_num_queries(2):
        lists.page_of(ledger, ALL, page=1, page_size=2)
