"""Pages of single entries: the header exactly as sealed, its hashes, its parts and its receipt."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe
from loopgrid_proof.headers import Header

from ledger import queries
from ledger.states import DecisionState
from ledger.views.gate import Place, workspace_page

read_only = workspace_page("read")


@require_safe
@read_only
def entry(request: HttpRequest, place: Place, seq: int) -> HttpResponse:
    """Show one entry as it is stored; one that cannot be read, byte for byte and as such."""
    stored = queries.stored_entry(place.ledger, seq)
    end = queries.end_of(place.ledger)
    context = {
        "workspace": place.workspace,
        "nav": "integrity",
        "seq": seq,
        "stored": stored,
        "entry": stored.header,
        "leaf_text": stored.leaf.decode(errors="replace"),
        "previous": seq - 1 if seq else None,
        "following": seq + 1 if end and seq < end.seq else None,
        "sealed_size": queries.sealed_size(place.ledger),
    }
    if stored.header is None:
        return render(request, "ledger/entry_unreadable.html", context)
    parts = queries.as_sealed(stored.header, queries.content_of(place.ledger, seq))
    context |= {"decision": _decision_of(place, stored.header), "parts": parts.values()}
    return render(request, "ledger/entry.html", context)


def _decision_of(place: Place, header: Header) -> DecisionState | None:
    """Return the decision an entry belongs to, if it belongs to one."""
    if header.rec is None or not header.rec.startswith("dec_"):
        return None
    return queries.decision(place.ledger, header.rec)


urlpatterns = [
    path("w/<slug:workspace>/entries/<int:seq>", entry, name="entry"),
]
