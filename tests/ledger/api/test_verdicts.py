"""Verdicts over HTTP: they follow the state that was seen, and overwrite nothing."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.utils import timezone

from accounts import granting, ids
from tests.support.api import Api, key_for
from tests.support.cast import Acme

pytestmark = pytest.mark.django_db(transaction=True)

CORRECTION = {"correction": {"response": "Refunded."}, "corrected_by": "ben@example.org"}


def person_with(acme: Acme, role: str) -> Api:
    """A person with a role, by a personal key with the scopes to read and to review."""
    email = f"{ids.draw_uuid().hex}@example.org"
    owner = granting.add_person(email, display_name=role, password="a long enough password")
    granting.add_membership(acme.workspace, owner, role=role, at=timezone.now())
    return Api(key_for(acme.workspace, "read", "review", owner=owner), Client())


@pytest.fixture
def address(api: Api) -> str:
    """The address of a decision that was just recorded as entry 1."""
    return f"/v1/decisions/{api.record()['decision_id']}"


@pytest.mark.parametrize("sent", [b"", b"null", b"{}", b'{"reason":null}', b'{"reason":""}'])
def test_a_flag_needs_no_body(api: Api, address: str, sent: bytes) -> None:
    answer = api.post(f"{address}/incorrect", sent, media="application/json" if sent else "")

    assert answer.status_code == 200
    assert answer.json()["status"] == "incorrect"
    assert answer.json()["incorrect_at"] is not None


def test_a_flag_without_a_reason_keeps_the_earlier_one(api: Api, address: str) -> None:
    api.post(f"{address}/incorrect", {"reason": "Wrong amount."})

    again = api.post(f"{address}/incorrect", {"reason": ""}).json()

    assert again["incorrect_reason"] == "Wrong amount."


def test_reason_and_severity_are_counted(api: Api, address: str) -> None:
    sent = {"reason_code": "tone", "severity": "low"}

    review = api.post(f"{address}/incorrect", sent).json()["review"]

    assert (review["reason_code"], review["severity"], review["verdict"]) == (
        "tone",
        "low",
        "incorrect",
    )


@pytest.mark.parametrize(
    "sent",
    [{"reason": 1}, {"severity": "huge"}, {"reason_code": "\0"}, {"reason": "x" * 10_001}, [1]],
)
def test_a_flag_that_makes_no_sense_is_refused(api: Api, address: str, sent: Any) -> None:
    assert api.post(f"{address}/incorrect", sent).status_code == 422
    assert api.get(address).json()["status"] == "recorded"


def test_a_flag_on_a_corrected_decision_leaves_it_corrected(api: Api, address: str) -> None:
    api.post(f"{address}/correction", CORRECTION)

    flagged = api.post(f"{address}/incorrect", {"reason": "Still wrong."}).json()

    assert flagged["status"] == "corrected"
    assert flagged["review"]["verdict"] == "incorrect"
    assert flagged["correction"]["output"] == CORRECTION["correction"]


def test_every_act_is_answered_as_reading_answers(api: Api, address: str) -> None:
    for path, sent in (("incorrect", {"reason": "No."}), ("correction", CORRECTION)):
        acted = api.post(f"{address}/{path}", sent)

        assert api.get(address).content == acted.content


@pytest.mark.parametrize(
    "sent",
    [
        {"correction": {}},
        {"correction": [], "corrected_by": "b"},
        {"correction": {}, "corrected_by": ""},
        {"correction": {}, "corrected_by": "x" * 201},
        {"correction": {}, "corrected_by": 5},
    ],
)
def test_a_correction_names_its_output_and_its_author(api: Api, address: str, sent: Any) -> None:
    answer = api.post(f"{address}/correction", sent)

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


def test_a_reason_is_kept_when_something_is_superseded_and_named_otherwise(
    api: Api, address: str
) -> None:
    sent = CORRECTION | {"reason": "Better."}

    first = api.post(f"{address}/correction", sent)
    second = api.post(f"{address}/correction", sent)

    history = api.get(f"{address}/history").json()["data"]
    assert first.headers["LoopGrid-Ignored-Fields"] == "reason"
    assert "LoopGrid-Ignored-Fields" not in second.headers
    assert history[-1]["detail"]["reason"] == "Better."


def test_eight_corrections_at_once_leave_eight_and_the_last_stands(api: Api, address: str) -> None:
    def correct(number: int) -> int:
        try:
            program = Api(api.secret, Client())
            sent = {"correction": {"n": number}, "corrected_by": "b"}
            return program.post(f"{address}/correction", sent).json()["correction"]["seq"]
        finally:
            connection.close()

    with ThreadPoolExecutor(8) as people:
        seqs = list(people.map(correct, range(8)))

    stands = api.get(address).json()
    kept = api.get(f"{address}/corrections").json()["data"]
    assert stands["correction"]["seq"] == max(seqs)
    assert (stands["review"]["corrections"], len(kept)) == (8, 8)
    assert [one["state"] for one in kept].count("accepted") == 1


def test_a_confirmation_says_what_was_seen(api: Api, address: str) -> None:
    unsaid = api.post(f"{address}/confirm")
    stale = api.post(f"{address}/confirm", If_Match='"0"')
    seen = api.post(f"{address}/confirm", {"note": "Right."}, If_Match='"1"')

    assert (unsaid.status_code, unsaid.json()["code"]) == (428, "precondition_required")
    assert (stale.status_code, stale.json()["code"]) == (412, "stale_review")
    assert (seen.status_code, seen.json()["review"]["verdict"]) == (200, "confirmed")


def test_a_stale_act_is_shown_the_decision_as_it_stands(api: Api, address: str) -> None:
    api.post(f"{address}/incorrect")

    stale = api.post(f"{address}/correction", CORRECTION, If_Match='"1"')

    assert stale.status_code == 412
    assert stale.json()["current"] == api.get(address).json()
    assert stale.headers["ETag"] == '"2"'


def test_a_confirmation_takes_the_flag_away(api: Api, address: str) -> None:
    api.post(f"{address}/incorrect", {"reason": "Wrong."})

    confirmed = api.post(f"{address}/confirm", {"seen_seq": 2}).json()

    assert confirmed["status"] == "recorded"
    assert (confirmed["incorrect_reason"], confirmed["incorrect_at"]) == (None, None)


def test_the_two_ways_to_say_what_was_seen_must_agree(api: Api, address: str) -> None:
    assert api.post(f"{address}/confirm", {"seen_seq": 2}, If_Match='"1"').status_code == 422


def test_a_corrected_decision_cannot_be_confirmed(api: Api, address: str) -> None:
    api.post(f"{address}/correction", CORRECTION)

    answer = api.post(f"{address}/confirm", If_Match='"2"')

    assert (answer.status_code, answer.json()["code"]) == (409, "state_conflict")


def test_a_verdict_can_be_taken_back_once(api: Api, address: str) -> None:
    api.post(f"{address}/incorrect")
    sent = {"entry": 2, "verdict": "withdrawn", "reason": "Mistaken."}

    back = api.post(f"{address}/supersede", sent, If_Match='"2"')
    twice = api.post(f"{address}/supersede", sent, If_Match=back.headers["ETag"])

    assert back.json()["status"] == "recorded"
    assert (twice.status_code, twice.json()["code"]) == (409, "already_superseded")


def test_a_verdict_can_be_replaced_by_a_correction(api: Api, address: str) -> None:
    api.post(f"{address}/incorrect")
    sent = {"entry": 2, "verdict": "corrected", "reason": "Known by now.", **CORRECTION}

    replaced = api.post(f"{address}/supersede", sent, If_Match='"2"').json()

    assert replaced["status"] == "corrected"
    assert replaced["correction"]["output"] == CORRECTION["correction"]


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"entry": 1}, "validation_failed"),
        ({"verdict": "wrong"}, "validation_failed"),
        ({"reason": ""}, "validation_failed"),
        ({"verdict": "corrected"}, "validation_failed"),
        ({"correction": {}}, "validation_failed"),
        ({"colour": "red"}, "unknown_field"),
    ],
)
def test_a_supersession_says_all_and_nothing_else(
    api: Api, address: str, change: dict[str, Any], code: str
) -> None:
    api.post(f"{address}/incorrect")
    sent = {"entry": 2, "verdict": "withdrawn", "reason": "Mistaken."} | change

    answer = api.post(f"{address}/supersede", sent, If_Match='"2"')

    assert (answer.status_code, answer.json()["code"]) == (422, code)


def test_a_repeated_verdict_leaves_no_second_entry(api: Api, address: str) -> None:
    first = api.post(f"{address}/correction", CORRECTION, Idempotency_Key="k")

    again = api.post(f"{address}/correction", CORRECTION, Idempotency_Key="k")

    assert again.content == first.content
    assert again.headers["Idempotency-Replayed"] == "true"
    assert len(api.get(f"{address}/history").json()["data"]) == 2


@pytest.mark.parametrize("path", ["incorrect", "correction", "confirm", "supersede"])
def test_nobody_judges_what_does_not_exist(api: Api, path: str) -> None:
    unknown = "dec_" + "0" * 32
    sent = CORRECTION if path == "correction" else None
    if path == "supersede":
        sent = {"entry": 2, "verdict": "withdrawn", "reason": "x"}

    answer = api.post(f"/v1/decisions/{unknown}/{path}", sent or b"", If_Match='"1"')

    assert answer.status_code == 404
    assert answer.json()["detail"] == f"Decision {unknown} not found"


@pytest.mark.parametrize(
    ("role", "status"), [("compliance_officer", 200), ("reviewer", 403), ("viewer", 403)]
)
def test_an_officer_supersedes_what_another_found(
    api: Api, acme: Acme, address: str, role: str, status: int
) -> None:
    api.post(f"{address}/incorrect")
    sent = {"entry": 2, "verdict": "withdrawn", "reason": "Mistaken."}

    answer = person_with(acme, role).post(f"{address}/supersede", sent, If_Match='"2"')

    assert answer.status_code == status


def test_an_officer_gives_no_verdict_of_their_own(acme: Acme, address: str) -> None:
    answer = person_with(acme, "compliance_officer").post(f"{address}/incorrect")

    assert (answer.status_code, answer.json()["code"]) == (403, "role_missing")


def test_a_reviewer_supersedes_their_own_verdict(acme: Acme, address: str) -> None:
    ada = person_with(acme, "reviewer")
    ada.post(f"{address}/incorrect")
    sent = {"entry": 2, "verdict": "withdrawn", "reason": "Mistaken."}

    answer = ada.post(f"{address}/supersede", sent, If_Match='"2"')

    assert answer.status_code == 200
