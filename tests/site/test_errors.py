"""Whatever goes wrong, a program gets a problem and a person gets a page; secrets get nowhere."""

from __future__ import annotations

import inspect

import pytest
from django.core.exceptions import RequestDataTooBig, SuspiciousOperation
from django.db import InterfaceError, OperationalError
from django.http import Http404
from django.test import Client, RequestFactory

from accounts import errors as accounts_errors
from ledger import errors as ledger_errors
from ledger import queries
from ledger.api.problems import KINDS
from loopgrid_site import errors
from tests.support.api import Api, api

__all__ = ["api"]

# They carry more than a message, or lead other errors and are never raised themselves.
CARRYING = {"StaleReview", "InvalidQuery", "InvalidContent", "RateLimited", "ScopeMissing"}
CARRYING |= {"RoleMissing", "InvalidGrant", "AccountsError", "LedgerError"}


def own_errors() -> list[type[Exception]]:
    modules = (accounts_errors, ledger_errors)
    return [
        kind
        for module in modules
        for name, kind in inspect.getmembers(module, inspect.isclass)
        if issubclass(kind, Exception) and name not in CARRYING
    ]


@pytest.mark.parametrize("kind", own_errors())
def test_every_error_of_ours_is_a_problem(kind: type[Exception]) -> None:
    problem = errors.problem_of(kind("a sentence"))

    assert problem is not None
    assert (problem.code in KINDS, problem.detail) == (True, "a sentence")


@pytest.mark.parametrize(
    ("fault", "code"),
    [
        (Http404("secret"), "not_found"),
        (SuspiciousOperation("secret"), "bad_request"),
        (OperationalError("secret"), "ledger_unavailable"),
        (InterfaceError("secret"), "ledger_unavailable"),
    ],
)
def test_the_words_of_frameworks_reach_nobody(fault: Exception, code: str) -> None:
    problem = errors.problem_of(fault)

    assert problem is not None
    assert problem.code == code
    assert "secret" not in problem.detail


def test_a_fault_of_ours_is_no_problem_of_the_caller() -> None:
    assert errors.problem_of(ValueError("secret")) is None


@pytest.mark.django_db(transaction=True)
def test_a_fault_of_ours_is_told_by_its_request_id_alone(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_words: object) -> None:
        raise RuntimeError("the secret of customer 81")

    monkeypatch.setattr(queries, "record_of", fail)

    answer = api.get("/v1/decisions/dec_" + "0" * 32, X_Request_ID="mine")

    assert (answer.status_code, answer.json()["code"]) == (500, "internal_error")
    assert answer.json()["request_id"] == answer.headers["X-Request-ID"] == "mine"
    assert b"secret" not in answer.content


@pytest.mark.django_db(transaction=True)
def test_a_database_that_is_gone_is_worth_another_try(
    api: Api, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fail(*_words: object) -> None:
        raise OperationalError("connection refused")

    monkeypatch.setattr(queries, "record_of", fail)

    answer = api.get("/v1/decisions/dec_" + "0" * 32)

    assert (answer.status_code, answer.headers["Retry-After"]) == (503, "1")


@pytest.mark.parametrize(
    ("handler", "status"),
    [(errors.bad_request, 400), (errors.not_found, 404), (errors.server_error, 500)],
)
def test_outside_a_view_programs_get_problems_and_people_pages(
    handler: object, status: int
) -> None:
    for path, media in (("/v1/x", "application/problem+json"), ("/x", "text/html; charset=utf-8")):
        request = RequestFactory().get(path)
        arguments = () if status == 500 else (SuspiciousOperation(),)

        answer = handler(request, *arguments)  # type: ignore[operator]

        assert answer.headers["Content-Type"] == media
        assert answer.status_code == status


def test_a_form_that_is_too_large_is_answered_by_a_page_that_says_so() -> None:
    answer = errors.bad_request(RequestFactory().post("/x"), RequestDataTooBig())

    assert answer.status_code == 413
    assert "Nothing was recorded" in answer.content.decode()


def test_a_fault_of_ours_has_a_reference_to_tell_us(client: Client) -> None:
    request = RequestFactory().get("/x")
    request.request_id = "req_abc"  # type: ignore[attr-defined]

    assert "req_abc" in errors.server_error(request).content.decode()


def test_long_and_unprintable_addresses_are_echoed_cut(client: Client) -> None:
    answer = client.get("/v1/" + "%00" + "x" * 500)

    assert len(answer.json()["instance"]) < 100
    assert "\0" not in answer.json()["instance"]


def test_every_problem_has_all_members(client: Client) -> None:
    problem = client.get("/v1/nothing").json()

    assert list(problem) == [
        "type",
        "title",
        "status",
        "detail",
        "instance",
        "code",
        "request_id",
        "errors",
    ]
    assert problem["type"] == "/docs/errors#not_found"
