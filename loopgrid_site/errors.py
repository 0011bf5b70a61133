"""Every exception as the answer it becomes: a problem for programs (RFC 9457), a page for people.

The errors of our own rooms are in `ledger.api.refusals`; here are those of the frameworks. What
stands in neither is a fault of ours: it is logged with its request id, and its text reaches nobody.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from django.core.exceptions import RequestDataTooBig, SuspiciousOperation, TooManyFieldsSent
from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse, HttpResponseBase
from django.shortcuts import render
from django.template.loader import render_to_string
from django.views import defaults
from rest_framework import exceptions

from ledger.api import refusals
from ledger.api.problems import Problem, invalid_parameter, problem_answer, shown_path
from loopgrid_site.middleware import is_program_path

# The first class that fits gives code and words, so narrow ones stand before wide ones.
FRAMEWORKS: Final[Mapping[type[Exception], tuple[str, str]]] = {
    exceptions.NotAcceptable: (
        "not_acceptable",
        "This address answers in JSON; accept application/json.",
    ),
    exceptions.MethodNotAllowed: ("method_not_allowed", "See the header Allow."),
    Http404: ("not_found", "Nothing is found at this address."),
    SuspiciousOperation: ("bad_request", "The request is malformed."),
    OperationalError: ("ledger_unavailable", "The database does not answer right now."),
    InterfaceError: ("ledger_unavailable", "The database does not answer right now."),
}


def problem_of(exc: Exception) -> Problem | None:
    """Return the problem an exception stands for, None if it is a fault of ours."""
    if isinstance(exc, TooManyFieldsSent):
        return invalid_parameter("query", "has too many parameters.")
    for kind, (code, words) in FRAMEWORKS.items():
        if isinstance(exc, kind):
            soon = refusals.SOON if code == "ledger_unavailable" else None
            return Problem(code, words, headers=soon)
    return refusals.problem_of(exc)


def exception_handler(exc: Exception, context: Mapping[str, Any]) -> HttpResponseBase | None:
    """Turn an exception of a `/v1` view into a problem answer; None lets Django log it."""
    problem = problem_of(exc)
    request: HttpRequest = context["request"]._request  # noqa: SLF001  REST framework's own name
    return None if problem is None else problem_answer(problem, request)


# --- what happens outside a view: the handlers of `loopgrid_site.urls` -------------------------


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Answer a request that Django itself refused."""
    if is_program_path(request.path_info):
        unnamed = Problem("bad_request", "The request is malformed.")
        return problem_answer(problem_of(exception) or unnamed, request)
    if isinstance(exception, RequestDataTooBig):
        return render(request, "413.html", status=413)
    return defaults.bad_request(request, exception)


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
    # Without context processors: they ask the database, which may be what failed.
    page = render_to_string("500.html", {"request": request})
    return HttpResponse(page, status=500)


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Answer a form whose token is missing or old with the 403 page of the product."""
    return render(request, "403.html", {"csrf": True}, status=403)
