"""The published clients do everything that is served, without a change."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from typing import Any

import pytest

from tests.contract.clients import Client

Said = Mapping[str, Any]

# The product these tests call is started once.
pytestmark = pytest.mark.xdist_group("contract")


def test_it_is_the_client_that_was_published(said: Said, client_name: Client) -> None:
    assert said["version"] == client_name.version


def test_it_finds_the_server_healthy(said: Said) -> None:
    assert said["health"]["status"] == "healthy"
    assert said["health"]["service"] == "loopgrid"


def test_what_was_recorded_comes_back(said: Said) -> None:
    recorded = said["recorded"]

    sent = {
        name: recorded[name] for name in ("input", "output", "prompt", "tool_calls", "metadata")
    }
    assert sent == {
        "input": {"message": "I was charged twice", "amount": 1.5, "name": "Zoë \u0000"},
        "output": {"response": "Your account looks fine."},
        "prompt": {"template": "support_v1"},
        "tool_calls": [{"name": "look_up"}],
        "metadata": {"region": "eu"},
    }
    assert recorded["status"] == "recorded"


def test_reading_gives_what_recording_gave(said: Said) -> None:
    assert said["read"] == said["recorded"]


def test_the_content_hash_is_the_one_of_the_first_release(said: Said) -> None:
    keys = (
        "service_name",
        "decision_type",
        "input",
        "model",
        "output",
        "prompt",
        "tool_calls",
        "metadata",
    )
    for decision in (said["recorded"], said["bare"]):
        hashed = {key: decision[key] for key in keys}
        text = json.dumps(hashed, sort_keys=True, separators=(",", ":"))
        assert decision["content_hash"] == hashlib.sha256(text.encode()).hexdigest()


def test_empty_values_come_back_as_they_arrived(said: Said, client_name: Client) -> None:
    optional = [said["bare"][name] for name in ("prompt", "tool_calls", "metadata")]

    # Python drops what is empty, JavaScript sends it.
    assert optional == ([None] * 3 if client_name.name == "loopgrid" else [{}, [], {}])


def test_a_flag_stands_and_keeps_its_reason(said: Said) -> None:
    assert said["flagged"]["status"] == "incorrect"
    assert said["flagged"]["incorrect_reason"] == "She was charged twice."
    assert said["flagged_again"]["incorrect_reason"] == "She was charged twice."
    assert said["flagged_again"]["incorrect_at"] > said["flagged"]["incorrect_at"]


def test_a_correction_stands(said: Said) -> None:
    correction = said["corrected"]["correction"]

    assert said["corrected"]["status"] == "corrected"
    assert correction["output"] == {"response": "You were charged twice; here is your refund."}
    assert correction["corrected_by"] == "ben@example.org"
    assert correction["notes"] == "Seen on the statement."


def test_an_empty_correction_is_a_correction(said: Said) -> None:
    assert said["corrected_by_nothing"]["status"] == "corrected"
    assert said["corrected_by_nothing"]["correction"]["output"] == {}


def test_lists_are_newest_first_and_count_what_they_hold(said: Said) -> None:
    listed = said["listed"]

    assert [d["decision_id"] for d in listed["decisions"]] == [
        said["bare"]["decision_id"],
        said["recorded"]["decision_id"],
    ]
    # Other tests record under the same service on the same product.
    assert listed["total"] >= len(listed["decisions"])
    assert listed["has_more"] == (listed["total"] > 2)
    assert (listed["page"], listed["page_size"]) == (1, 2)


def test_filters_match_exactly(said: Said) -> None:
    found = said["listed_corrected"]["decisions"]

    assert found[0] == said["corrected_by_nothing"]
    assert {(d["status"], d["decision_type"]) for d in found} == {("corrected", "refund")}


def test_beyond_the_end_there_is_nothing(said: Said) -> None:
    assert said["listed_beyond"]["decisions"] == []
    assert said["listed_beyond"]["has_more"] is False


def test_refusals_say_in_a_sentence_what_is_wrong(said: Said) -> None:
    assert said["unknown"] == {"status": 404, "detail": "Decision dec_unknown not found"}
    assert said["unlabelled"]["status"] == said["endless"]["status"] == 422
    assert isinstance(said["unlabelled"]["detail"], str)


def test_it_is_told_what_it_talks_to(said: Said) -> None:
    if "info" in said:
        assert said["info"]["name"] == "LoopGrid"
        assert said["info"]["docs"] == "/docs"
    else:
        assert said["version"] != "0.1.0"


def test_it_finds_the_ledger_valid_in_both_shapes(said: Said) -> None:
    for name in ("verified", "verified_service", "verified_unencoded"):
        answer = said.get(name)
        if answer is not None:
            assert answer["valid"] is answer["integrity"]["valid"] is True
            assert answer["broken_at"] is None
            assert answer["total"] == answer["integrity"]["total"]


def test_a_service_filter_counts_that_service(said: Said) -> None:
    if "verified_service" in said:
        assert said["verified_service"]["service_filter"] == "support-agent"
        assert said["verified_service"]["total"] >= 2
    if "verified_unencoded" in said:
        assert said["verified_unencoded"]["service_filter"] == "R"
        assert said["verified_unencoded"]["total"] == 0
