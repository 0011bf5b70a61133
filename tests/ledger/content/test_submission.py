"""A decision taken apart: what becomes a fact, a part, a claim, and what is refused."""

from __future__ import annotations

import json
from typing import Any

import pytest

from ledger.content import Submission, slice_members, split_parts
from ledger.content.submission import read_time
from ledger.errors import InvalidContent

USUAL = {
    "service_name": "support-agent",
    "decision_type": "reply",
    "input": {"message": "hi"},
    "model": {"provider": "openai", "name": "gpt-4"},
    "output": {"response": "ok"},
}


def _split(**members: Any) -> Submission:
    return split_parts(slice_members(json.dumps(USUAL | members).encode()))


def _part(submission: Submission, name: str) -> bytes | None:
    return next((piece.content for piece in submission.pieces if piece.name == name), None)


def test_labels_and_the_model_become_facts() -> None:
    facts = _split(environment="prod", risk_tier="high").facts

    assert facts == {
        "svc": "support-agent",
        "dt": "reply",
        "mp": "openai",
        "mn": "gpt-4",
        "env": "prod",
        "risk": "high",
    }


def test_a_model_name_that_is_no_name_gives_no_fact_and_stays_in_the_part() -> None:
    submission = _split(model={"provider": "", "name": 4})

    assert "mn" not in submission.facts
    assert _part(submission, "model") == b'{"provider": "", "name": 4}'


@pytest.mark.parametrize(
    ("kind", "fact"), [("refused", "refused"), ("timeout", "timeout"), ("odd", "error")]
)
def test_an_error_becomes_the_result_of_the_decision(kind: str, fact: str) -> None:
    assert _split(error={"type": kind, "message": "m"}).facts["res"] == fact


def test_the_rest_stands_in_the_context_in_the_order_of_its_names() -> None:
    submission = _split(usage={"input_tokens": 3}, confidence=0.50, agent="a")

    assert _part(submission, "context") == (
        b'{"agent":"a","confidence":0.5,"usage":{"input_tokens": 3}}'
    )


def test_null_and_absent_make_no_part_and_empty_ones_do() -> None:
    names = [piece.name for piece in _split(prompt=None, metadata={}, tool_calls=[]).pieces]

    assert names == ["input", "metadata", "model", "output", "tool_calls"]


def test_keys_that_nobody_reads_are_named() -> None:
    submission = _split(decision_id="dec_1", seq=4, colour="red")

    assert submission.ignored == ("colour", "decision_id", "seq")


def test_a_trace_fills_ids_that_are_absent_and_replaces_none() -> None:
    members = slice_members(json.dumps(USUAL | {"span_id": "mine"}).encode())

    context = _part(split_parts(members, trace=("t" * 32, "s" * 16)), "context")

    assert json.loads(context or b"") == {"span_id": "mine", "trace_id": "t" * 32}


def test_the_content_hash_is_that_of_the_compatible_form() -> None:
    # hashlib.sha256(json.dumps({…eight keys…}, sort_keys=True, separators=(",", ":")).encode())
    assert _split().content_hash == _split(prompt=None, environment="prod").content_hash
    assert _split().content_hash != _split(metadata={}).content_hash


@pytest.mark.parametrize(
    ("name", "value", "code"),
    [
        ("service_name", None, "validation_failed"),
        ("service_name", "", "label_invalid"),
        ("service_name", "a\x00b", "label_invalid"),
        ("service_name", "a\u0085b", "label_invalid"),
        ("service_name", "x" * 201, "label_invalid"),
        ("decision_type", 5, "validation_failed"),
        ("input", [], "validation_failed"),
        ("model", "gpt-4", "validation_failed"),
        ("output", None, "validation_failed"),
        ("prompt", "text", "validation_failed"),
        ("metadata", [], "validation_failed"),
        ("tool_calls", {}, "validation_failed"),
        ("tool_calls", [1], "validation_failed"),
        ("tool_calls", [{}] * 1001, "validation_failed"),
        ("environment", "", "label_invalid"),
        ("risk_tier", "enormous", "validation_failed"),
        ("origin", ["live"], "validation_failed"),
        ("occurred_at", "yesterday", "validation_failed"),
        ("occurred_at", "2026-11-24T10:00:00", "validation_failed"),
        ("confidence", True, "validation_failed"),
        ("confidence", 1.01, "validation_failed"),
        ("latency_ms", -1, "validation_failed"),
        ("cost", {"amount": 1.5, "currency": "EUR"}, "validation_failed"),
        ("error", {"message": "m"}, "validation_failed"),
        ("parent_decision_id", "dec_1", "validation_failed"),
        ("writer", {"id": "0" * 32, "seq": 0}, "validation_failed"),
        ("writer", {"id": "0" * 32, "seq": True}, "validation_failed"),
        ("subject_ref", "x" * 201, "label_invalid"),
    ],
)
def test_a_member_of_the_wrong_shape_is_named(name: str, value: Any, code: str) -> None:
    with pytest.raises(InvalidContent) as refusal:
        _split(**{name: value})

    assert [(fault.pointer, fault.code) for fault in refusal.value.faults] == [(f"/{name}", code)]


def test_every_fault_is_told_at_once() -> None:
    with pytest.raises(InvalidContent) as refusal:
        _split(input=[], output=[], risk_tier="x")

    assert [fault.pointer for fault in refusal.value.faults] == ["/input", "/output", "/risk_tier"]


@pytest.mark.parametrize(
    ("sent", "kept"),
    [
        ("2026-11-24T10:00:00Z", "2026-11-24T10:00:00.000000Z"),
        ("2026-11-24T10:00:00.123456789+02:00", "2026-11-24T08:00:00.123456Z"),
        ("2026-11-24t10:00:00.5z", "2026-11-24T10:00:00.500000Z"),
        ("0001-01-01T00:00:00Z", "0001-01-01T00:00:00.000000Z"),
        ("0001-01-01T00:00:00+01:00", None),
        ("2026-11-24T10:00:60Z", None),
        ("2026-02-30T10:00:00Z", None),
        ("2026-11-24", None),
        (5, None),
    ],
)
def test_a_claimed_time_is_kept_in_utc_with_six_digits(sent: object, kept: str | None) -> None:
    assert read_time(sent) == kept
