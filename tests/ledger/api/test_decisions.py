"""Recording over HTTP: the sent bytes come back, and a repeat leaves no second entry."""

from __future__ import annotations

import json
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from ledger import queries
from ledger.queries import LedgerRef
from tests.support.api import Api, body, key_for
from tests.support.cast import Acme, make_workspace

pytestmark = pytest.mark.django_db(transaction=True)

FULL: dict[str, Any] = {
    "prompt": {},
    "tool_calls": [],
    "metadata": None,
    "occurred_at": "2026-11-01T10:00:00+02:00",
    "writer": {"id": "0" * 32, "seq": 3},
    "usage": {"input_tokens": 12},
    "cost": {"amount": "0.0100", "currency": "EUR"},
    "confidence": 0.50,
    "environment": "production",
    "error": {"type": "refused", "message": "No."},
}


def size_of(ledger: LedgerRef) -> int:
    end = queries.end_of(ledger)
    return 0 if end is None else end.size


def test_a_decision_is_answered_with_the_bytes_that_were_sent(api: Api) -> None:
    sent = b'{"b":1.50, "a" : 1e22,"\\u00e9":"x","nul":"\\u0000"}'

    answer = api.post(
        "/v1/decisions", body(input=None).replace(b'"input": null', b'"input":' + sent)
    )

    assert answer.status_code == 200
    assert b'"input":' + sent in answer.content


def test_reading_gives_the_same_bytes_as_recording(api: Api) -> None:
    made = api.post("/v1/decisions", body(**FULL))

    read = api.get(f"/v1/decisions/{made.json()['decision_id']}")

    assert read.content == made.content
    assert read.headers["ETag"] == made.headers["ETag"] == f'"{made.json()["seq"]}"'


def test_every_key_is_there_and_what_has_no_value_is_null(api: Api) -> None:
    plain, full = api.record(), api.record(**FULL)

    assert plain.keys() == full.keys()
    assert (plain["prompt"], plain["usage"], plain["correction"]) == (None, None, None)
    assert full["occurred_at"] == "2026-11-01T08:00:00.000000Z"
    assert full["writer"] == {"id": "0" * 32, "seq": 3}


def test_recording_asks_nothing_after_the_commit(api: Api, acme: Acme) -> None:
    api.record()

    with CaptureQueriesContext(connection) as asked:
        api.record()

    assert [query["sql"] for query in asked if "ledger_" in query["sql"]] == []


def test_a_repeat_is_answered_again_and_leaves_no_second_entry(api: Api, ledger: LedgerRef) -> None:
    first = api.post("/v1/decisions", body(), Idempotency_Key="a key")
    size = size_of(ledger)

    again = api.post("/v1/decisions", body(), Idempotency_Key="a key")

    assert again.content == first.content
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert size_of(ledger) == size


def test_a_repeat_after_a_verdict_shows_the_decision_as_it_was_recorded(api: Api) -> None:
    first = api.post("/v1/decisions", body(), Idempotency_Key="k")
    api.post(f"/v1/decisions/{first.json()['decision_id']}/incorrect")

    again = api.post("/v1/decisions", body(), Idempotency_Key="k")

    assert again.content == first.content


def test_a_key_stands_for_one_request_alone(api: Api, ledger: LedgerRef) -> None:
    api.post("/v1/decisions", body(), Idempotency_Key="k")
    size = size_of(ledger)

    other = api.post("/v1/decisions", body(decision_type="other"), Idempotency_Key="k")

    assert (other.status_code, other.json()["code"]) == (422, "idempotency_key_reused")
    assert size_of(ledger) == size


@pytest.mark.parametrize("key", ["", "x" * 256, "naïve"])
def test_a_key_is_printable_and_short(api: Api, key: str) -> None:
    answer = api.post("/v1/decisions", body(), Idempotency_Key=key)

    assert (answer.status_code, answer.json()["code"]) == (422, "invalid_parameter")


def test_unread_keys_are_named_and_do_no_harm(api: Api) -> None:
    sent = body(colour="red", decision_id="dec_mine", status="corrected", **{"a\nb": 1})

    answer = api.post("/v1/decisions", sent)

    ignored = answer.headers["LoopGrid-Ignored-Fields"]
    assert ignored == "a%0Ab, colour, decision_id, status"
    assert answer.json()["status"] == "recorded"


def test_a_trace_fills_what_is_absent(api: Api) -> None:
    trace, span = "4bf92f3577b34da6a3ce929d0e0e4736", "00f067aa0ba902b7"
    parent = f"00-{trace}-{span}-01"

    filled = api.post("/v1/decisions", body(), traceparent=parent).json()
    own = api.post("/v1/decisions", body(trace_id="mine"), traceparent=parent).json()

    assert (filled["trace_id"], filled["span_id"]) == (trace, span)
    assert (own["trace_id"], own["span_id"]) == ("mine", span)


def test_the_recorder_gets_the_salts_and_nobody_else_does(api: Api) -> None:
    made = api.post("/v1/decisions?include=receipt", body()).json()

    read = api.get(f"/v1/decisions/{made['decision_id']}?include=receipt").json()

    assert all("salt" in part for part in made["receipt"]["parts"])
    assert not any("salt" in part for part in read["receipt"]["parts"])
    assert made["receipt"]["leaf_hash"] == made["chain_hash"] == read["receipt"]["leaf_hash"]


def test_what_changes_by_itself_is_asked_for(api: Api) -> None:
    made = api.record()

    read = api.get(f"/v1/decisions/{made['decision_id']}?include=history,seal").json()

    assert {"seal", "history", "receipt"} & made.keys() == set()
    assert read["seal"] == {"state": "recorded", "sealed_size": 0}
    assert [entry["verb"] for entry in read["history"]] == ["recorded"]


def test_only_what_can_be_included_is(api: Api) -> None:
    assert api.post("/v1/decisions?include=secrets", body()).status_code == 422


def test_an_unchanged_decision_is_not_sent_again(api: Api) -> None:
    made = api.post("/v1/decisions", body())
    address = f"/v1/decisions/{made.json()['decision_id']}"

    unchanged = api.get(address, If_None_Match=made.headers["ETag"])
    api.post(f"{address}/incorrect")
    changed = api.get(address, If_None_Match=made.headers["ETag"])

    assert (unchanged.status_code, unchanged.content) == (304, b"")
    assert changed.status_code == 200


def test_another_workspace_is_told_what_a_stranger_is_told(api: Api) -> None:
    made = api.record()
    other = make_workspace("other")
    sam = Api(key_for(other.workspace, "read"), api.client)

    answer = sam.get(f"/v1/decisions/{made['decision_id']}")

    assert answer.status_code == 404
    assert answer.json()["detail"] == f"Decision {made['decision_id']} not found"


def test_a_key_for_one_service_touches_no_other(api: Api, acme: Acme) -> None:
    own, foreign = api.record(), api.record(service_name="payroll")
    limited = Api(
        key_for(acme.workspace, "record", "read", "review", services=("support-agent",)),
        api.client,
    )

    codes = {
        "record": limited.post("/v1/decisions", body(service_name="payroll")),
        "read": limited.get(f"/v1/decisions/{foreign['decision_id']}"),
        "flag": limited.post(f"/v1/decisions/{foreign['decision_id']}/incorrect"),
    }

    assert {answer.json()["code"] for answer in codes.values()} == {"service_not_allowed"}
    assert limited.get(f"/v1/decisions/{own['decision_id']}").status_code == 200


def test_history_tells_who_did_what_with_its_content(api: Api) -> None:
    made = api.record()
    address = f"/v1/decisions/{made['decision_id']}"
    api.post(f"{address}/incorrect", {"reason": "Wrong.", "reason_code": "tone"})
    api.post(f"{address}/correction", {"correction": {"a": 1}, "corrected_by": "ben"})
    api.post(f"{address}/correction", {"correction": {"a": 2}, "corrected_by": "ben"})

    data = api.get(f"{address}/history").json()["data"]

    assert [entry["verb"] for entry in data] == [
        "recorded",
        "marked_incorrect",
        "corrected",
        "corrected",
        "superseded",
    ]
    assert data[1]["detail"] == {"reason_code": "tone", "reason": "Wrong."}
    assert data[2]["superseded_by"] == data[3]["seq"]
    assert data[4]["supersedes"] == data[2]["seq"]


@pytest.mark.parametrize(
    "id_", ["dec_1", "x%00y", "dec_" + "0" * 32, "%F0%9F%98%80" * 40, "%22%27"]
)
def test_an_odd_id_is_not_found(api: Api, id_: str) -> None:
    answer = api.get(f"/v1/decisions/{id_}")

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert len(answer.json()["detail"]) < 100


def test_the_address_of_a_decision_leads_to_its_page(api: Api, acme: Acme) -> None:
    made = api.record()

    assert made["decision_url"].endswith(f"/w/{acme.workspace.slug}/d/{made['seq']}")


def test_reading_needs_no_body(api: Api) -> None:
    made = api.record()

    answer = api.head(f"/v1/decisions/{made['decision_id']}")

    assert (answer.status_code, answer.content) == (200, b"")
    assert json.loads(api.get(f"/v1/decisions/{made['decision_id']}").content) == made
