"""What every door shares: keys and scopes, forms of answers, methods, addresses."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.support.api import Api, body, key_for
from tests.support.cast import Acme

pytestmark = pytest.mark.django_db(transaction=True)


def test_without_a_key_the_answer_says_how_to_bring_one(client: Client) -> None:
    answer = client.get("/v1/decisions")

    assert (answer.status_code, answer.json()["code"]) == (401, "key_required")
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


def test_a_key_does_what_its_scopes_say(api: Api, acme: Acme) -> None:
    recorder = Api(key_for(acme.workspace, "record"), api.client)

    made = recorder.post("/v1/decisions", body())
    read = recorder.get(f"/v1/decisions/{made.json()['decision_id']}")

    assert made.status_code == 200
    assert (read.status_code, read.json()["code"]) == (403, "scope_missing")


@pytest.mark.parametrize(
    ("accept", "status"),
    [
        ("*/*", 200),
        ("application/json", 200),
        ("text/html, application/*;q=0.1", 200),
        ("text/html,*/*;q=0.8", 200),
        ("text/html", 406),
        ("application/json;q=0", 406),
        ("", 406),
        (";;;,,q=", 406),
    ],
)
def test_json_is_sent_to_who_takes_it(api: Api, accept: str, status: int) -> None:
    answer = api.get("/v1/decisions", Accept=accept)

    assert answer.status_code == status
    kind = "application/json" if status == 200 else "application/problem+json"
    assert answer.headers["Content-Type"] == kind


def test_another_method_is_told_which_ones_there_are(api: Api) -> None:
    answer = api.client.delete("/v1/decisions", headers={"Authorization": f"Bearer {api.secret}"})

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD, POST"


def test_an_address_beyond_8_kib_is_too_long(api: Api) -> None:
    answer = api.get("/v1/decisions?q=" + "x" * 8200)

    assert (answer.status_code, answer.json()["code"]) == (414, "uri_too_long")


@pytest.mark.parametrize(
    "headers", [{"X_Much": "x" * 17_000}, {f"{'X' * 400}{i}": "y" for i in range(50)}]
)
def test_headers_beyond_16_kib_are_too_large(api: Api, headers: dict[str, str]) -> None:
    answer = api.get("/v1/decisions", **headers)

    assert (answer.status_code, answer.json()["code"]) == (431, "headers_too_large")


@pytest.mark.parametrize("address", ["/health", "/v1/nothing", "/openapi.json", "/v1/ledger/"])
def test_what_is_too_long_is_refused_wherever_programs_call(client: Client, address: str) -> None:
    long = client.get(f"{address}?{'x' * 8200}")
    large = client.get(address, headers={"X-Much": "x" * 17_000})

    assert (long.status_code, large.status_code) == (414, 431)
    assert long.headers["Content-Type"] == "application/problem+json"


@pytest.mark.parametrize("address", ["/", "/health", "/health/ready", "/openapi.json"])
def test_a_plain_address_refuses_a_method_as_others_do(address: str) -> None:
    answer = Client(enforce_csrf_checks=True).post(address)

    assert (answer.status_code, answer.json()["code"]) == (405, "method_not_allowed")
    assert answer.headers["Allow"] == "GET, HEAD"


@pytest.mark.parametrize(
    ("address", "there"),
    [
        ("/v1/decisions/", "/v1/decisions"),
        ("/v1/decisions/?page=2&q=a%20b", "/v1/decisions?page=2&q=a%20b"),
        ("/v1/decisions///", "/v1/decisions"),
        ("/v1//evil.example/", "/v1//evil.example"),
        ("/log/acme/checkpoint/", "/log/acme/checkpoint"),
        ("/health/", "/health"),
        ("/openapi.json/", "/openapi.json"),
    ],
)
def test_a_slash_at_the_end_leads_to_the_address_without(
    api: Api, address: str, there: str
) -> None:
    answer = api.post(address, body())

    assert (answer.status_code, answer.headers["Location"]) == (307, there)


@pytest.mark.parametrize("address", ["/v1", "/v1/nothing", "/v1/decisions/a/b/c", "/v1x", "/log/x"])
def test_an_unknown_address_is_a_problem_too(client: Client, address: str) -> None:
    answer = client.get(address)

    assert (answer.status_code, answer.json()["code"]) == (404, "not_found")
    assert answer.headers["Content-Type"] == "application/problem+json"


def test_what_a_key_has_left_stands_in_the_answer(api: Api) -> None:
    answer = api.post("/v1/decisions", body())

    assert answer.headers["RateLimit-Policy"].startswith('"record"')


def test_answers_are_not_kept_by_anybody(api: Api) -> None:
    assert api.get("/v1/decisions").headers["Cache-Control"] == "no-store"
