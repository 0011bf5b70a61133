"""Lists of decisions: pages as ever, cursors that never repeat or skip, and what they refuse."""

from __future__ import annotations

from urllib.parse import quote

import pytest

from tests.support.api import Api, key_for
from tests.support.cast import Acme, make_workspace

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def seven(api: Api) -> list[str]:
    """Seven decisions, newest first; the odd ones are of payroll."""
    names = ("support-agent", "payroll")
    return [api.record(service_name=names[n % 2])["decision_id"] for n in range(7)][::-1]


def ids(decisions: list[dict[str, str]]) -> list[str]:
    return [decision["decision_id"] for decision in decisions]


def test_pages_are_newest_first_and_know_the_total(api: Api, seven: list[str]) -> None:
    pages = [api.get(f"/v1/decisions?page={n}&page_size=3").json() for n in (1, 2, 3, 4)]

    assert [ids(page["decisions"]) for page in pages] == [seven[:3], seven[3:6], seven[6:], []]
    assert [page["has_more"] for page in pages] == [True, True, False, False]
    assert {page["total"] for page in pages} == {7}


def test_a_page_holds_what_reading_gives(api: Api, seven: list[str]) -> None:
    listed = api.get("/v1/decisions?page_size=1").json()["decisions"][0]

    assert listed == api.get(f"/v1/decisions/{seven[0]}").json()


def test_empty_filters_filter_nothing_and_unknown_values_find_nothing(
    api: Api, seven: list[str]
) -> None:
    empty = api.get("/v1/decisions?service_name=&status=&decision_type=").json()
    unknown = api.get("/v1/decisions?status=odd").json()

    assert empty["total"] == 7
    assert (unknown["total"], unknown["decisions"]) == (0, [])


def test_cursors_walk_the_list_once_while_it_grows(api: Api, seven: list[str]) -> None:
    walked: list[str] = []
    address = "/v1/decisions?limit=2"
    while address:
        answer = api.get(address)
        walked += ids(answer.json()["data"])
        api.record()
        address = answer.headers.get("Link", "").partition(">")[0].removeprefix("<")

    assert walked == seven


def test_a_page_leads_over_to_cursors(api: Api, seven: list[str]) -> None:
    page = api.get("/v1/decisions?page_size=3").json()

    after = api.get(f"/v1/decisions?limit=10&cursor={quote(page['next_cursor'])}").json()

    assert ids(after["data"]) == seven[3:]


def test_a_cursor_counts_when_asked(api: Api, seven: list[str]) -> None:
    assert api.get("/v1/decisions?limit=1&count=true&service_name=payroll").json()["total"] == 3
    assert "total" not in api.get("/v1/decisions?limit=1").json()


def test_the_oldest_can_come_first(api: Api, seven: list[str]) -> None:
    assert ids(api.get("/v1/decisions?order=old").json()["data"]) == seven[::-1]


def test_a_search_narrows_the_list(api: Api, seven: list[str]) -> None:
    found = api.get("/v1/decisions?q=service:payroll").json()

    assert (found["total"], ids(found["decisions"])) == (3, seven[1::2])


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("page=0", "invalid_parameter"),
        ("page=" + "9" * 30, "invalid_parameter"),
        ("page=%D9%A1", "invalid_parameter"),
        ("page=1.0", "invalid_parameter"),
        ("page_size=101", "invalid_parameter"),
        ("limit=0", "invalid_parameter"),
        ("page=1&limit=2", "invalid_parameter"),
        ("order=up", "invalid_parameter"),
        ("cursor=stolen", "invalid_parameter"),
        ("cursor=%00", "invalid_parameter"),
        ("service_name=a%00b", "invalid_parameter"),
        ("q=colour:red", "invalid_query"),
        ("q=%00", "invalid_query"),
        ("&".join(["a=1"] * 1001), "invalid_parameter"),
    ],
)
def test_what_makes_no_sense_is_refused(api: Api, query: str, code: str) -> None:
    answer = api.get(f"/v1/decisions?{query}")

    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_unknown_parameters_are_ignored_as_ever(api: Api, seven: list[str]) -> None:
    assert api.get("/v1/decisions?colour=red&service_name=R&D").status_code == 200


def test_a_key_for_one_service_lists_that_service(api: Api, acme: Acme, seven: list[str]) -> None:
    limited = Api(key_for(acme.workspace, "read", services=("payroll",)), api.client)

    page = limited.get("/v1/decisions").json()

    assert (page["total"], ids(page["decisions"])) == (3, seven[1::2])


def test_a_workspace_lists_its_own(api: Api, seven: list[str]) -> None:
    sam = Api(key_for(make_workspace("other").workspace, "read"), api.client)

    assert sam.get("/v1/decisions").json()["total"] == 0


def test_a_page_costs_the_same_however_long_it_is(
    api: Api, seven: list[str], django_assert_num_queries: object
) -> None:
    api.get("/v1/decisions")

    with django_assert_num_queries(4, exact=False):  # type: ignore[operator]
        api.get("/v1/decisions?page_size=100")
