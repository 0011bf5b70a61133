"""The list of decisions with its search. Typing and the filter menu write the same tokens."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from ledger import queries, search
from ledger.errors import InvalidContent
from ledger.forms import FilterForm
from ledger.queries import lists
from ledger.queries.totals import MOST_COUNTED
from ledger.views.gate import Place, is_fragment, workspace_page

ROWS = 50
# The part of an empty list that asks whether a first decision has come.
ARRIVAL = "arrival"


@require_safe
@workspace_page("read")
def decisions(request: HttpRequest, place: Place) -> HttpResponse:
    """List the decisions a search asks for; what it does not understand is named, the rest runs."""
    chosen = FilterForm(request.GET).tokens()
    text = " ".join([request.GET.get("q", "").strip(), *chosen]).strip()
    if chosen:
        return redirect(f"{request.path}?{urlencode({'q': text})}")
    query = search.parse_query(text)
    filters = search.filters_of(place.ledger, query, at=timezone.now(), actor_id=place.actor.id)
    cursor = request.GET.get("after")
    try:
        found = lists.after(
            place.ledger,
            filters,
            cursor=cursor,
            limit=ROWS,
            order=query.order or "new",
            count=not cursor,
        )
    except InvalidContent:
        # A cursor of another search, as after editing the address: begin this one.
        return redirect(_address(request, text, None))
    if not found.states and is_fragment(request) and request.htmx.trigger == ARRIVAL:  # type: ignore[attr-defined]
        return HttpResponse(status=204)
    context = {
        "nav": "decisions",
        "workspace": place.workspace,
        "here": request.path,
        "q": text,
        "problems": [problem.message for problem in query.problems],
        "rows": found.states,
        "sealed_size": queries.sealed_size(place.ledger),
        "total": found.total,
        "is_capped": bool(filters.conditions) and found.total == MOST_COUNTED,
        "filter_form": FilterForm(),
        "older_url": _address(request, text, found.next_cursor) if found.has_more else None,
        "newest_url": _address(request, text, None) if cursor else None,
        "public_url": settings.PUBLIC_URL,
    }
    page = "ledger/_decisions.html" if is_fragment(request) else "ledger/decisions.html"
    return render(request, page, context)


def _address(request: HttpRequest, text: str, cursor: str | None) -> str:
    words = {"q": text, "after": cursor}
    said = urlencode({name: value for name, value in words.items() if value})
    return f"{request.path}?{said}" if said else request.path


@require_safe
@workspace_page("read")
def workspace(_request: HttpRequest, place: Place) -> HttpResponse:
    """Lead from the address of a workspace to its decisions."""
    return redirect("decisions", workspace=place.workspace.slug)


urlpatterns = [
    path("w/<slug:workspace>", workspace),
    path("w/<slug:workspace>/", workspace),
    path("w/<slug:workspace>/decisions", decisions, name="decisions"),
]
