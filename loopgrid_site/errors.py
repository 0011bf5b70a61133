"""One table from our exceptions to status and problem code (RFC 9457)."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render


def csrf_failure(request: HttpRequest, reason: str = "") -> HttpResponse:  # noqa: ARG001
    """Answer a form whose token is missing or old with the 403 page of the product."""
    return render(request, "403.html", {"csrf": True}, status=403)


def exception_handler(exc: Exception, context: dict[str, Any]) -> HttpResponse | None:  # noqa: ARG001
    """Turn an exception of a `/v1` view into a problem answer; None lets Django raise it."""
    return None
