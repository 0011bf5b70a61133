"""What cannot be recorded is refused with its reason, and nothing is written."""

from __future__ import annotations

import gzip
from typing import Any

import pytest
from django.test import override_settings

from ledger import queries
from ledger.queries import LedgerRef
from tests.support.api import Api, body

pytestmark = pytest.mark.django_db(transaction=True)


def with_input(text: str) -> bytes:
    return body(input=None).replace(b'"input": null', b'"input": ' + text.encode("utf-8"))


REFUSED: dict[str, tuple[bytes, int, str]] = {
    "nothing": (b"", 422, "malformed_json"),
    "no object": (b"[1]", 422, "malformed_json"),
    "half an object": (b'{"a":', 422, "malformed_json"),
    "a byte order mark": (b"\xef\xbb\xbf" + body(), 400, "undecodable_body"),
    "latin-1": ('{"a":"é"}'.encode("latin-1"), 400, "undecodable_body"),
    "NaN": (with_input('{"a":NaN}'), 422, "number_out_of_range"),
    "infinity": (with_input('{"a":-Infinity}'), 422, "number_out_of_range"),
    "1e400": (with_input('{"a":1e400}'), 422, "number_out_of_range"),
    "a number of 1,001 digits": (with_input(f'{{"a":{"1" * 1001}}}'), 422, "number_out_of_range"),
    "half a surrogate pair": (with_input('{"a":"\\ud800"}'), 422, "invalid_unicode"),
    "depth 500": (with_input('{"a":' * 500 + "1" + "}" * 500), 422, "too_deep"),
    "depth 100,000": (with_input("[" * 100_000 + "]" * 100_000), 422, "too_deep"),
    "a key twice": (b'{"input":{},' + body()[1:], 422, "duplicate_key"),
    "an inner key twice": (with_input('{"a":1,"a":1}'), 422, "duplicate_key"),
    "an empty service": (body(service_name=""), 422, "label_invalid"),
    "a NUL in a label": (body(service_name="a\0"), 422, "label_invalid"),
    "a label of 201": (body(decision_type="x" * 201), 422, "label_invalid"),
    "text as input": (body(input="x"), 422, "validation_failed"),
    "null as output": (body(output=None), 422, "validation_failed"),
    "tool calls of text": (body(tool_calls=["x"]), 422, "validation_failed"),
    "a confidence of 2": (body(confidence=2), 422, "validation_failed"),
    "a naive date": (body(occurred_at="2026-11-01T10:00:00"), 422, "validation_failed"),
}


@pytest.mark.parametrize(("sent", "status", "code"), REFUSED.values(), ids=REFUSED.keys())
def test_it_is_refused_and_nothing_is_written(
    api: Api, ledger: LedgerRef, sent: bytes, status: int, code: str
) -> None:
    answer = api.post("/v1/decisions", sent)

    assert (answer.status_code, answer.json()["code"]) == (status, code)
    assert answer.headers["Content-Type"] == "application/problem+json"
    assert len(queries.entries_after(ledger, -1)) == 1


def test_every_fault_is_named_with_its_place(api: Api) -> None:
    answer = api.post("/v1/decisions", body(service_name="", input=1, cost={"amount": 1}))

    pointers = [fault["pointer"] for fault in answer.json()["errors"]]
    assert pointers == ["/service_name", "/input", "/cost"]


@pytest.mark.parametrize("media", ["text/plain", "", "application/x-www-form-urlencoded"])
def test_only_json_is_recorded(api: Api, media: str) -> None:
    answer = api.post("/v1/decisions", body(), media=media)

    assert (answer.status_code, answer.json()["code"]) == (415, "unsupported_media_type")


def test_a_packed_body_is_unpacked(api: Api) -> None:
    answer = api.post("/v1/decisions", gzip.compress(body()), Content_Encoding="gzip")

    assert answer.status_code == 200


@pytest.mark.parametrize(
    ("raw", "coding", "status", "code"),
    [
        (gzip.compress(body())[:-3], "gzip", 400, "undecodable_body"),
        (b"no gzip", "gzip", 400, "undecodable_body"),
        (gzip.compress(body()) + b"more", "gzip", 400, "undecodable_body"),
        (gzip.compress(b" ", mtime=0) + gzip.compress(body()), "gzip", 400, "undecodable_body"),
        (gzip.compress(body(), mtime=0)[:11], "gzip", 400, "undecodable_body"),
        (gzip.compress(gzip.compress(body())), "gzip", 400, "undecodable_body"),
        (body(), "br", 415, "unsupported_media_type"),
    ],
)
def test_a_body_that_cannot_be_unpacked_is_refused(
    api: Api, raw: bytes, coding: str, status: int, code: str
) -> None:
    answer = api.post("/v1/decisions", raw, Content_Encoding=coding)

    assert (answer.status_code, answer.json()["code"]) == (status, code)


def test_the_limit_counts_unpacked_bytes(api: Api, ledger: LedgerRef) -> None:
    bomb = gzip.compress(with_input('{"a":"%s"}' % ("x" * 9 * 1024 * 1024)))

    answer = api.post("/v1/decisions", bomb, Content_Encoding="gzip")

    assert len(bomb) < 100_000
    assert (answer.status_code, answer.json()["code"]) == (413, "body_too_large")
    assert len(queries.entries_after(ledger, -1)) == 1


def test_a_body_up_to_the_limit_is_recorded(api: Api) -> None:
    assert (
        api.post("/v1/decisions", with_input('{"a":"%s"}' % ("x" * 8_000_000))).status_code == 200
    )


@override_settings(DATA_UPLOAD_MAX_MEMORY_SIZE=10)
def test_no_limit_but_ours_refuses_a_body(api: Api) -> None:
    assert api.post("/v1/decisions", body()).status_code == 200


@pytest.mark.parametrize(
    "more", [{"prompt": {}}, {"tool_calls": []}, {"metadata": None}, {"writer": None}]
)
def test_empty_and_null_are_welcome(api: Api, more: dict[str, Any]) -> None:
    assert api.post("/v1/decisions", body(**more)).status_code == 200
