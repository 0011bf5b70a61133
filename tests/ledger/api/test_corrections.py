"""Lists of corrections: superseded ones stay, and filters look at correction and decision."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api, key_for
from tests.support.cast import Acme

pytestmark = pytest.mark.django_db(transaction=True)


def correct(api: Api, decision: dict[str, Any], number: int) -> None:
    sent = {"correction": {"n": number}, "corrected_by": "ben", "notes": None}
    api.post(f"/v1/decisions/{decision['decision_id']}/correction", sent)


@pytest.fixture
def decision(api: Api) -> dict[str, Any]:
    """A decision corrected twice, beside one of payroll that was corrected once."""
    decision, other = api.record(), api.record(service_name="payroll")
    correct(api, decision, 1)
    correct(api, decision, 2)
    correct(api, other, 3)
    return decision


def outputs(api: Api, address: str) -> list[int]:
    return [one["output"]["n"] for one in api.get(address).json()["data"]]


def test_superseded_corrections_stay_in_the_list(api: Api, decision: dict[str, Any]) -> None:
    data = api.get("/v1/corrections").json()["data"]

    assert [one["output"]["n"] for one in data] == [3, 2, 1]
    assert [one["state"] for one in data] == ["accepted", "accepted", "superseded"]
    assert data[2]["superseded"] == {"entry": data[1]["seq"] + 1, "by": data[1]["seq"]}


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("state=superseded", [1]),
        ("state=accepted", [3, 2]),
        ("service=payroll", [3]),
        ("q=service:payroll", [3]),
        ("q=-service:payroll", [2, 1]),
        ("from=2000-01-01T00:00:00Z", [3, 2, 1]),
        ("from=2000-01-01T00:00:00%2B01:00&to=2000-01-02T00:00:00Z", []),
    ],
)
def test_filters_narrow_the_list(
    api: Api, decision: dict[str, Any], query: str, found: list[int]
) -> None:
    assert outputs(api, f"/v1/corrections?{query}") == found


def test_one_decision_has_its_own_list(api: Api, decision: dict[str, Any]) -> None:
    assert outputs(api, f"/v1/decisions/{decision['decision_id']}/corrections") == [2, 1]


def test_cursors_walk_the_list(api: Api, decision: dict[str, Any]) -> None:
    first = api.get("/v1/corrections?limit=2")

    rest = first.headers["Link"].partition(">")[0].removeprefix("<")

    assert outputs(api, rest) == [1]


def test_one_is_found_by_its_id(api: Api, decision: dict[str, Any]) -> None:
    newest = api.get("/v1/corrections").json()["data"][0]

    assert api.get(f"/v1/corrections/{newest['correction_id']}").json() == newest


@pytest.mark.parametrize(
    ("address", "status"),
    [
        ("/v1/corrections/cor_" + "0" * 32, 404),
        ("/v1/corrections/x%00", 404),
        ("/v1/decisions/dec_" + "0" * 32 + "/corrections", 404),
        ("/v1/corrections?colour=red", 422),
        ("/v1/corrections?state=odd", 422),
        ("/v1/corrections?from=yesterday", 422),
        ("/v1/corrections?cursor=stolen", 422),
    ],
)
def test_what_is_not_there_or_makes_no_sense_is_refused(
    api: Api, address: str, status: int
) -> None:
    assert api.get(address).status_code == status


def test_a_key_for_one_service_sees_its_corrections(
    api: Api, acme: Acme, decision: dict[str, Any]
) -> None:
    limited = Api(key_for(acme.workspace, "read", services=("payroll",)), api.client)

    assert outputs(limited, "/v1/corrections") == [3]
