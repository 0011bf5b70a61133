"""One table from our exceptions to status and problem code (RFC 9457), and the pages of errors.

Programs get a problem, whatever went wrong and wherever; people get a page. What stands in neither
list is a fault of ours: it is logged with its request id, and its text reaches nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import SuspiciousOperation, TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.views import defaults
from rest_framework import exceptions

from accounts import errors as accounts
from ledger import errors as ledger
from ledger.api.problems import (
    Fault,
    Problem,
    invalid_parameter,
    problem_answer,
    shown,
    shown_path,
)
from loopgrid_site.middleware import is_program_path

# The first class that fits an exception gives its code, so narrow ones stand before wide ones.
TABLE: Final[Mapping[type[Exception], str]] = {
    accounts.KeyRequired: "key_required",
    accounts.KeyExpired: "key_expired",
    accounts.Unauthenticated: "key_invalid",
    accounts.CrossSiteRequest: "cross_site_request",
    accounts.ScopeMissing: "scope_missing",
    accounts.ServiceNotAllowed: "service_not_allowed",
    accounts.Forbidden: "role_missing",
    accounts.RateLimited: "rate_limited",
    accounts.WorkspaceNotFound: "not_found",
    accounts.NoSuchGrant: "not_found",
    accounts.InvalidGrant: "validation_failed",
    accounts.SetupClosed: "not_found",
    accounts.GrantRefused: "state_conflict",
    ledger.NotFound: "not_found",
    ledger.AlreadySuperseded: "already_superseded",
    ledger.NotSealed: "not_sealed",
    ledger.Conflict: "state_conflict",
    ledger.StaleReview: "stale_review",
    ledger.NotAllowed: "role_missing",
    ledger.KeyInProgress: "idempotency_in_progress",
    ledger.KeyReused: "idempotency_key_reused",
    ledger.InvalidQuery: "invalid_query",
    ledger.InvalidContent: "validation_failed",
    ledger.Unavailable: "ledger_unavailable",
    exceptions.NotAcceptable: "not_acceptable",
    exceptions.MethodNotAllowed: "method_not_allowed",
    Http404: "not_found",
    SuspiciousOperation: "bad_request",
}
_IN_WORDS: Final[Mapping[type[Exception], str]] = {
    exceptions.NotAcceptable: "This address answers in JSON; accept application/json.",
    Http404: "Nothing is found at this address.",
    SuspiciousOperation: "The request is malformed.",
}
_SOON: Final = {"Retry-After": "1"}


def problem_of(exc: Exception) -> Problem | None:
    """Return the problem an exception stands for, None if it is a fault of ours."""
    match exc:
        case Problem():
            return exc
        case ledger.InvalidContent():
            faults = [Fault(f.pointer, f.code, f.detail) for f in exc.faults]
            return Problem(exc.code, str(exc), errors=faults)
        case ledger.InvalidQuery():
            return _invalid_query(exc)
        case TooManyFieldsSent():
            return invalid_parameter("query", "has too many parameters.")
        case OperationalError() | InterfaceError():
            return Problem(
                "ledger_unavailable", "The database does not answer right now.", headers=_SOON
            )
    return _by_table(exc)


def _by_table(exc: Exception) -> Problem | None:
    for kind, code in TABLE.items():
        if isinstance(exc, kind):
            return Problem(code, _detail(exc), headers=_headers(exc), errors=_faults(exc))
    return None


def _detail(exc: Exception) -> str:
    words = next((text for kind, text in _IN_WORDS.items() if isinstance(exc, kind)), None)
    return words or str(getattr(exc, "detail", exc))


def _headers(exc: Exception) -> dict[str, str]:
    match exc:
        case accounts.Unauthenticated():
            return {"WWW-Authenticate": exc.challenge}
        case accounts.RateLimited():
            return exc.headers
        case ledger.StaleReview():
            return {"ETag": f'"{exc.newest}"'}
        case ledger.KeyInProgress() | ledger.Unavailable():
            return _SOON
    return {}


def _faults(exc: Exception) -> list[Fault]:
    if isinstance(exc, accounts.InvalidGrant):
        return [Fault(f"/{exc.field}", "validation_failed", str(exc))]
    return []


def _invalid_query(exc: ledger.InvalidQuery) -> Problem:
    fault = Fault("/q", "invalid_query", f"{shown(exc.token)!r} at character {exc.position}: {exc}")
    more = {"position": exc.position, "token": shown(exc.token)}
    return Problem("invalid_query", str(exc), errors=[fault], more=more)


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> HttpResponseBase | None:
    """Turn an exception of a `/v1` view into a problem answer; None lets Django log it."""
    problem = problem_of(exc)
    request: HttpRequest = context["request"]._request  # noqa: SLF001  REST framework's own name
    return None if problem is None else problem_answer(problem, request)


# --- what happens outside a view: the handlers of `loopgrid_site.urls` -------------------------


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself refused."""
    if is_program_path(request.path_info):
        return problem_answer(problem_of(exception) or _bad(), request)
    return defaults.bad_request(request, exception)


def _bad() -> Problem:
    return Problem("bad_request", "The request is malformed.")


def permission_denied(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a person who may not see a page."""
    return defaults.permission_denied(request, exception)


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer an address that does not exist."""
    if is_program_path(request.path_info):
        there = f"Nothing is found at {shown_path(request.path)}."
        return problem_answer(Problem("not_found", there), request)
    return defaults.page_not_found(request, exception)


def server_error(request: HttpRequest) -> HttpResponse:
    """Answer after a fault of ours; Django has logged it, and its text stays there."""
    if is_program_path(request.path_info):
        words = "A fault of the server; it was logged under this request_id."
        return problem_answer(Problem("internal_error", words), request)
    return defaults.server_error(request)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Answer a form whose token is missing or old with the 403 page of the product."""
    return render(request, "403.html", {"csrf": True}, status=403)
