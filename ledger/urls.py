"""Every address of the API, by the door that owns it."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.urls import URLPattern, URLResolver, include, path, re_path

TEMPORARY = 307


def without_slash(request: HttpRequest, rest: str) -> HttpResponse:  # noqa: ARG001
    """Lead an address with a slash at its end to the one without; the body is sent again."""
    there = request.get_full_path()
    bare, mark, query = there.partition("?")
    return HttpResponse(
        b"null",
        status=TEMPORARY,
        content_type="application/json",
        headers={"Location": bare.rstrip("/") + mark + query},
    )


urlpatterns: list[URLPattern | URLResolver] = [
    # Before the decisions, among whose ids "batch" would be looked for.
    path("", include("ledger.api.batches")),
    path("", include("ledger.api.decisions")),
    path("", include("ledger.api.corrections")),
    path("", include("ledger.api.export")),
    path("", include("ledger.api.integrity")),
    path("", include("ledger.api.jobs")),
    path("", include("ledger.api.keys")),
    path("", include("ledger.api.verdicts")),
    path("", include("ledger.api.proofs")),
    path("", include("ledger.api.log")),
    re_path(r"^(?:v1|log)/(?P<rest>.*)/$", without_slash),
]
