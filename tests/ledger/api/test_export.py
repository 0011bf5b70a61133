"""`/v1/export/decisions`: three forms of the same list, complete, and safe to open."""

from __future__ import annotations

import csv
import io
import json

import pytest

from ledger.api.export import COLUMNS, FURTHER
from ledger.models import Entry
from tests.support.api import Api, key_for

pytestmark = pytest.mark.django_db(transaction=True)

URL = "/v1/export/decisions"


def body(answer):
    assert answer.status_code == 200, answer.content
    return b"".join(answer.streaming_content)


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(body(answer).decode(), newline="")))


def exports_in(acme):
    return Entry.objects.filter(ledger_id=acme.ledger.ledger_id, kind="export.made").count()


def test_json_holds_the_decisions_as_they_are_read_one_by_one(api):
    recorded = [api.record(input={"message": f"{n}", "amount": 1.50}) for n in range(3)]
    api.post(f"/v1/decisions/{recorded[0]['decision_id']}/incorrect", {"reason": "no"})

    answer = api.get(URL)
    whole = json.loads(body(answer))

    assert answer["Content-Type"] == "application/json"
    assert list(whole) == ["decisions", "total", "as_of"]
    assert whole["decisions"] == [
        api.get(f"/v1/decisions/{one['decision_id']}").json() for one in recorded[::-1]
    ]
    assert (whole["total"], whole["as_of"]) == (3, 5)


def test_an_empty_export_is_a_whole_document(api):
    assert json.loads(body(api.get(URL))) == {"decisions": [], "total": 0, "as_of": 1}
    assert body(api.get(f"{URL}?format=jsonl")) == b""


def test_json_lines_has_a_line_per_decision_whatever_was_sent(api):
    sent = (
        b'{"service_name":"s","decision_type":"t","input":{\r\n "a\\n": 1},"model":{},"output":{}}'
    )
    api.post("/v1/decisions", sent)
    api.record()

    answer = api.get(f"{URL}?format=jsonl")
    lines = body(answer).splitlines()

    assert answer["Content-Type"] == "application/x-ndjson"
    assert [json.loads(line)["seq"] for line in lines] == [2, 1]
    assert json.loads(lines[1])["input"] == {"a\n": 1}


def test_csv_begins_with_the_columns_of_old(api):
    decision = api.record()

    answer = api.get(f"{URL}?format=csv")
    text = body(answer).decode()

    assert answer["Content-Type"] == "text/csv; charset=utf-8"
    assert answer["Content-Disposition"] == "attachment; filename=loopgrid_decisions.csv"
    assert text.splitlines() == [
        "decision_id,created_at,service_name,decision_type,status,content_hash",
        ",".join(str(decision[name]) for name in COLUMNS),
    ]


def test_columns_are_appended_as_text(api):
    decision = api.record(confidence=0.5, input={"message": 'say "hi", twice'})
    api.post(f"/v1/decisions/{decision['decision_id']}/incorrect", {"reason": "too\nlong"})

    answer = api.get(
        f"{URL}?format=csv&columns=seq,status,input,confidence,incorrect_reason,prompt"
    )
    (row,) = rows_of(answer)

    assert list(row)[6:] == ["seq", "input", "confidence", "incorrect_reason", "prompt"]
    assert (row["seq"], row["confidence"], row["prompt"]) == ("1", "0.5", "")
    assert json.loads(row["input"]) == {"message": 'say "hi", twice'}
    assert row["incorrect_reason"] == "too\nlong"


def test_every_column_on_offer_is_a_key_of_a_decision(api):
    decision = api.record()

    assert {*COLUMNS, *FURTHER} == set(decision)


@pytest.mark.parametrize("name", ["=1+1", "+1", "-1", "@SUM(A1)"])
def test_no_cell_is_a_formula(api, name):
    api.record(service_name=name, release=name)

    (row,) = rows_of(api.get(f"{URL}?format=csv&columns=release"))

    assert row["service_name"] == row["release"] == f"'{name}"


@pytest.mark.parametrize(
    "query", ["service_name=a", "q=service:a", "status=incorrect", "q=is:flagged"]
)
def test_an_export_takes_the_filters_of_the_list(api, query):
    wanted = api.record(service_name="a")
    api.record(service_name="b")
    api.post(f"/v1/decisions/{wanted['decision_id']}/incorrect")

    whole = json.loads(body(api.get(f"{URL}?{query}")))

    assert [one["seq"] for one in whole["decisions"]] == [1]


def test_a_key_for_some_services_exports_theirs_alone(acme, api, client):
    api.record(service_name="a")
    api.record(service_name="b")
    narrow = Api(key_for(acme.workspace, "export", services=("b",)), client)

    assert [one["seq"] for one in json.loads(body(narrow.get(URL)))["decisions"]] == [2]


@pytest.mark.parametrize(
    ("query", "code"),
    [
        ("format=xml", "unknown_format"),
        ("format=csv&columns=salary", "invalid_parameter"),
        ("q=colour:red", "invalid_query"),
        ("service_name=a%00", "invalid_parameter"),
    ],
)
def test_what_is_not_understood_is_refused_and_not_recorded(acme, api, query, code):
    answer = api.get(f"{URL}?{query}")

    assert (answer.status_code, answer.json()["code"]) == (422, code)
    assert exports_in(acme) == 0


def test_each_export_is_recorded_and_looking_at_its_head_is_not(acme, api):
    for _ in range(2):
        body(api.get(URL))

    head = api.head(f"{URL}?format=csv")

    assert exports_in(acme) == 2
    assert (head.status_code, head["Content-Type"]) == (200, "text/csv; charset=utf-8")


def test_exporting_needs_its_own_scope(acme, client):
    reader = Api(key_for(acme.workspace, "read"), client)

    assert (reader.get(URL).status_code, reader.get(URL).json()["code"]) == (403, "scope_missing")
