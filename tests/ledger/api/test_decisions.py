"""Recording over HTTP: the sent bytes come back, and a repeat leaves no second entry."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.api import Api, body

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_decision_is_answered_with_the_bytes_that_were_sent(api: Api) -> None:
    raw = body(input=None).replace(
        b'"input": null', b'"input":{"b":1.50, "a" : 1e22,"\\u00e9":"x"}'
    )

    answer = api.post("/v1/decisions", raw)

    assert answer.status_code == 200
    assert b'"input":{"b":1.50, "a" : 1e22,"\\u00e9":"x"}' in answer.content


def test_reading_gives_the_same_bytes_as_recording(api: Api) -> None:
    extra: dict[str, Any] = {
        "prompt": {},
        "tool_calls": [],
        "metadata": None,
        "occurred_at": "2026-11-01T10:00:00+02:00",
        "writer": {"id": "0" * 32, "seq": 3},
        "usage": {"input_tokens": 12},
        "cost": {"amount": "0.0100", "currency": "EUR"},
        "confidence": 0.50,
        "environment": "production",
    }
    made = api.post("/v1/decisions", body(**extra))

    read = api.get(f"/v1/decisions/{made.json()['decision_id']}")

    assert read.content == made.content
    assert read.headers["ETag"] == made.headers["ETag"] == f'"{made.json()["seq"]}"'
