"""`/openapi.json`, `/docs` and `/docs/errors`: the API described by itself, served by us alone."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cache
from typing import Any, Final

import msgspec
from csp.constants import NONE, SELF, UNSAFE_INLINE
from csp.decorators import csp_replace
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.views.decorators.http import require_safe
from drf_spectacular.generators import SchemaGenerator

from ledger.api.documenting.around import OPERATIONS as AROUND
from ledger.api.documenting.schemas import SCHEMAS
from ledger.api.problems import KINDS

SECURITY: Final = {
    "bearer": {"type": "http", "scheme": "bearer", "bearerFormat": "lg_live_…"},
    "header": {"type": "apiKey", "in": "header", "name": "X-API-Key"},
    "basic": {
        "type": "http",
        "scheme": "basic",
        "description": "The key as user name, no password.",
    },
}
# Swagger UI writes styles into its page and draws its icons from data addresses.
DOCS_POLICY: Final = {
    "default-src": [NONE],
    "base-uri": [NONE],
    "frame-ancestors": [NONE],
    "form-action": [NONE],
    "script-src": [SELF],
    "style-src": [SELF, UNSAFE_INLINE],
    "img-src": [SELF, "data:"],
    "font-src": [SELF],
    "connect-src": [SELF],
}


def complete(
    result: dict[str, Any],
    generator: Any,  # noqa: ARG001  drf-spectacular's hook
    request: Any,  # noqa: ARG001
    public: Any,  # noqa: ARG001
) -> dict[str, Any]:
    """Add to what was enumerated: the addresses that are plain views, objects and keys."""
    paths = result["paths"]
    for name, operation in AROUND.items():
        method, address = name.split(" ")
        paths.setdefault(address, {})[method.lower()] = operation.as_openapi()
    result["paths"] = dict(sorted(paths.items()))
    result["components"] = {"schemas": dict(SCHEMAS), "securitySchemes": SECURITY}
    result["security"] = [{name: []} for name in SECURITY]
    return result


@cache
def description() -> Mapping[str, Any]:
    """Return the OpenAPI 3.1 description of every address for programs."""
    found: dict[str, Any] = SchemaGenerator().get_schema(request=None, public=True)  # type: ignore[no-untyped-call]
    return found


@require_safe
def openapi(_request: HttpRequest) -> HttpResponse:
    """Answer the description."""
    return HttpResponse(msgspec.json.encode(description()), content_type="application/json")


@require_safe
@csp_replace(DOCS_POLICY)
def docs(request: HttpRequest) -> HttpResponse:
    """Show the description so that calls can be tried."""
    return render(request, "loopgrid_site/docs.html")


@require_safe
def errors(request: HttpRequest) -> HttpResponse:
    """Explain every problem that a program can meet, at the address its `type` names."""
    by_status = sorted(KINDS.items(), key=lambda item: (item[1].status, item[0]))
    return render(request, "loopgrid_site/errors.html", {"kinds": by_status})


@require_safe
def redoc(_request: HttpRequest) -> HttpResponse:
    """Lead to the one page of documentation there is."""
    return redirect("/docs")


urlpatterns = [
    path("openapi.json", openapi),
    path("docs", docs, name="docs"),
    path("docs/errors", errors, name="docs_errors"),
    path("redoc", redoc),
]
