"""Pages of integrity: the state in words, Verify now, and what a run found."""

from __future__ import annotations

from contextlib import suppress
from datetime import timedelta

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from ledger import jobs, queries, requesting, serving
from ledger.errors import Conflict
from ledger.integrity import runs
from ledger.integrity.runs import Run
from ledger.views import standing
from ledger.views.gate import Place, is_fragment, workspace_page

RUNS = 10
# A short run is watched closely, a long one now and then.
CLOSELY = timedelta(minutes=1)


@require_safe
@workspace_page("see_integrity")
def integrity(request: HttpRequest, place: Place) -> HttpResponse:
    """Show how far the ledger was recomputed, when, and what that does not show."""
    now = timezone.now()
    latest = runs.newest_complete(place.ledger)
    full = runs.newest_complete(place.ledger, mode="full")
    there = serving.standing_of(place.ledger)
    notary = queries.notary_state(place.ledger)
    freshness = standing.freshness(latest, at=now)
    if notary and notary.alarm and freshness != "broken":
        # What the notary refuses to sign is not called intact, on the badge or here.
        freshness = "unproven"
    context = {
        "nav": "integrity",
        "workspace": place.workspace,
        "run": latest,
        "freshness": freshness,
        "full": full,
        "full_age": now - full.at if full and full.at else None,
        "there": there,
        "size": there.end.size if there.end else 0,
        "unsealed": (there.end.size if there.end else 0) - there.sealed_size,
        "unsealed_age": now - there.unsealed_since if there.unsealed_since else None,
        "notary": notary,
        "runs": runs.runs_of(place.ledger, limit=RUNS),
        "may_verify": place.may("verify"),
    }
    return render(request, "ledger/integrity.html", context)


@require_POST
@workspace_page("verify")
def verify_now(_request: HttpRequest, place: Place) -> HttpResponse:
    """Ask for a full recomputation and lead to its page."""
    asked = requesting.request_run(place.ledger, actor=place.acting("verify"))
    return redirect(_address(place, asked.run_id))


@require_safe
@workspace_page("see_integrity")
def run(request: HttpRequest, place: Place, run_id: str) -> HttpResponse:
    """Show a run: how far it is, or what it found and what stands around it."""
    found = runs.run_of(place.ledger, run_id)
    now = timezone.now()
    whole = not is_fragment(request)
    context = {
        "nav": "integrity",
        "workspace": place.workspace,
        "run": found,
        "freshness": standing.freshness(found, at=now),
        "percent": _percent(found),
        "poll_seconds": 2 if now - found.created_at < CLOSELY else 10,
        "here": request.path,
        "is_fragment": not whole,
        "neighbours": _neighbours(place, found),
        "may_cancel": found.is_running and found.by == place.actor.id,
    }
    return render(request, "ledger/run.html" if whole else "ledger/_run.html", context)


@require_POST
@workspace_page("verify")
def cancel(_request: HttpRequest, place: Place, run_id: str) -> HttpResponse:
    """Ask a run to end; one that is over stays as it is."""
    with suppress(Conflict):
        jobs.cancel(place.ledger, run_id, actor=place.actor)
    return redirect(_address(place, run_id))


def _percent(run: Run) -> int | None:
    return run.done * 100 // run.total if run.is_running and run.total else None


def _neighbours(place: Place, run: Run) -> list[runs.Neighbour]:
    return [] if run.first_bad is None else runs.neighbours(place.ledger, run.first_bad)


def _address(place: Place, run_id: str) -> str:
    return f"/w/{place.workspace.slug}/integrity/runs/{run_id}"


urlpatterns = [
    path("w/<slug:workspace>/integrity", integrity, name="integrity"),
    path("w/<slug:workspace>/integrity/runs", verify_now, name="verify_now"),
    path("w/<slug:workspace>/integrity/runs/<slug:run_id>", run, name="run"),
    path("w/<slug:workspace>/integrity/runs/<slug:run_id>/cancel", cancel, name="cancel_run"),
]
