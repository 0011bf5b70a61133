"""Batches: contiguous numbers, each item its own result, a repeat leaves nothing twice."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger import queries
from ledger.queries import LedgerRef
from tests.support.api import Api, body

pytestmark = pytest.mark.django_db(transaction=True)


def item(**members: Any) -> dict[str, Any]:
    return json.loads(body(**members))


def size_of(ledger: LedgerRef) -> int:
    return len(queries.entries_after(ledger, -1))


def test_items_get_contiguous_numbers_in_their_order(api: Api) -> None:
    sent = {"decisions": [item(decision_type=f"type {n}") for n in range(5)]}

    answer = api.post("/v1/decisions/batch", sent).json()

    results = answer["results"]
    types = [api.get(f"/v1/decisions/{r['decision_id']}").json()["decision_type"] for r in results]
    assert [result["seq"] for result in results] == [1, 2, 3, 4, 5]
    assert types == [f"type {n}" for n in range(5)]
    assert (answer["recorded"], answer["duplicates"], answer["refused"]) == (5, 0, 0)


def test_a_bad_item_refuses_itself_alone(api: Api) -> None:
    raw = b'{"decisions":[%s,{"a":1e400},[],{"service_name":""},%s]}' % (body(), body())

    answer = api.post("/v1/decisions/batch", raw).json()

    statuses = [result["status"] for result in answer["results"]]
    codes = [result["problem"]["code"] for result in answer["results"][1:4]]
    assert statuses == ["recorded", "refused", "refused", "refused", "recorded"]
    assert codes == ["number_out_of_range", "malformed_json", "label_invalid"]
    assert [answer["results"][0]["seq"], answer["results"][4]["seq"]] == [1, 2]


def test_the_bytes_of_an_item_are_kept(api: Api) -> None:
    sent = b'{"n":1.50, "m":1e22}'
    raw = b'{"decisions":[%s]}' % body(input=None).replace(b"null", sent)

    made = api.post("/v1/decisions/batch", raw).json()["results"][0]

    assert b'"input":' + sent in api.get(f"/v1/decisions/{made['decision_id']}").content


def test_all_or_nothing_is_nothing_with_a_bad_item(api: Api, ledger: LedgerRef) -> None:
    sent = {"decisions": [item(), item(service_name="")], "on_error": "abort"}

    answer = api.post("/v1/decisions/batch", sent)

    assert answer.status_code == 422
    assert answer.json()["errors"][0]["pointer"] == "/decisions/1/service_name"
    assert size_of(ledger) == 1


def test_an_item_sent_again_is_a_duplicate(api: Api, ledger: LedgerRef) -> None:
    first = api.post("/v1/decisions/batch", {"decisions": [item(idempotency_key="a")]}).json()
    both = [item(idempotency_key="a"), item(idempotency_key="b")]

    again = api.post("/v1/decisions/batch", {"decisions": both}).json()

    assert [result["status"] for result in again["results"]] == ["duplicate", "recorded"]
    assert again["results"][0]["decision_id"] == first["results"][0]["decision_id"]
    assert size_of(ledger) == 3


def test_the_key_of_an_item_stands_for_that_item(api: Api) -> None:
    api.post("/v1/decisions/batch", {"decisions": [item(idempotency_key="a")]})
    other = item(idempotency_key="a", decision_type="other")

    answer = api.post("/v1/decisions/batch", {"decisions": [other]}).json()

    assert answer["results"][0]["problem"]["code"] == "idempotency_key_reused"


def test_one_key_stands_for_one_item_of_a_batch(api: Api) -> None:
    sent = {"decisions": [item(idempotency_key="a"), item(idempotency_key="a")]}

    statuses = [r["status"] for r in api.post("/v1/decisions/batch", sent).json()["results"]]

    assert statuses == ["recorded", "refused"]


def test_a_repeated_batch_is_answered_from_what_was_kept(api: Api, ledger: LedgerRef) -> None:
    sent = {"decisions": [item(), item(service_name=""), item()]}
    first = api.post("/v1/decisions/batch", sent, Idempotency_Key="k").json()
    size = size_of(ledger)

    again = api.post("/v1/decisions/batch", sent, Idempotency_Key="k")

    told = [(r["status"], r["decision_id"], r["seq"]) for r in first["results"]]
    assert [(r["status"], r["decision_id"], r["seq"]) for r in again.json()["results"]] == told
    assert again.json()["results"][1]["problem"]["code"] == "label_invalid"
    assert again.headers["Idempotency-Replayed"] == "true"
    assert size_of(ledger) == size


@pytest.mark.parametrize(
    ("sent", "code"),
    [
        ({"decisions": []}, "validation_failed"),
        ({"decisions": [{}] * 501}, "validation_failed"),
        ({"decisions": {}}, "validation_failed"),
        ({}, "validation_failed"),
        ([], "malformed_json"),
        ({"decisions": [{}], "on_error": "panic"}, "validation_failed"),
        ({"decisions": [{}], "colour": 1}, "unknown_field"),
    ],
)
def test_an_envelope_that_makes_no_sense_is_refused(api: Api, sent: Any, code: str) -> None:
    answer = api.post("/v1/decisions/batch", sent)

    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_unread_keys_of_items_are_named(api: Api) -> None:
    answer = api.post("/v1/decisions/batch", {"decisions": [item(colour="red")]})

    assert answer.headers["LoopGrid-Ignored-Fields"] == "colour"


def test_five_hundred_items_are_one_batch(api: Api) -> None:
    answer = api.post("/v1/decisions/batch", {"decisions": [item()] * 500}).json()

    assert answer["recorded"] == 500


def test_a_source_number_used_before_refuses_its_item_alone(api: Api, ledger: LedgerRef) -> None:
    writer = {"id": "0" * 32, "seq": 1}
    api.record(writer=writer)

    answer = api.post("/v1/decisions/batch", {"decisions": [item(), item(writer=writer)]}).json()

    assert [line["status"] for line in answer["results"]] == ["recorded", "refused"]
    assert answer["results"][1]["problem"]["code"] == "state_conflict"
    assert size_of(ledger) == 3
