"""Pages of signed checkpoints, to read and to keep somewhere else; and receipts to download."""

from __future__ import annotations

import re

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import path
from django.views.decorators.http import require_safe

from ledger import serving
from ledger.errors import NotSealed
from ledger.views.gate import Place, workspace_page

ROWS = 50
_SIZE = re.compile(r"\d{1,18}", re.ASCII)


@require_safe
@workspace_page("see_integrity")
def checkpoints(request: HttpRequest, place: Place) -> HttpResponse:
    """List signed checkpoints, newest first."""
    below = request.GET.get("before", "")
    size = int(below) if _SIZE.fullmatch(below) else None
    found = serving.checkpoints_before(place.ledger, size, limit=ROWS + 1)
    context = {
        "nav": "integrity",
        "workspace": place.workspace,
        "checkpoints": found[:ROWS],
        "next_url": f"{request.path}?before={found[ROWS - 1].size}" if len(found) > ROWS else None,
        "keys": serving.verifier_keys(place.ledger),
        "origin": place.ledger.origin,
    }
    return render(request, "ledger/checkpoints.html", context)


@require_safe
@workspace_page("see_integrity")
def checkpoint(request: HttpRequest, place: Place, size: int) -> HttpResponse:
    """Show one checkpoint with its signed note."""
    found = serving.checkpoint_of_size(place.ledger, size)
    context = {
        "nav": "integrity",
        "workspace": place.workspace,
        "checkpoint": found,
        "note": found.note.decode(),
        "last": found.size - 1,
        "keys": serving.verifier_keys(place.ledger),
    }
    return render(request, "ledger/checkpoint.html", context)


@require_safe
@workspace_page("read")
def receipt(request: HttpRequest, place: Place, seq: int) -> HttpResponse:
    """Download the receipt of an entry; before it is sealed, say so."""
    found = serving.receipt_of(place.ledger, seq)
    try:
        text = found.text()
    except NotSealed:
        context = {"nav": "integrity", "workspace": place.workspace, "seq": seq}
        return render(request, "ledger/not_sealed.html", context, status=409)
    answer = HttpResponse(text, content_type="text/plain; charset=utf-8")
    answer["Content-Disposition"] = f'attachment; filename="entry-{seq}.receipt.txt"'
    return answer


urlpatterns = [
    path("w/<slug:workspace>/checkpoints", checkpoints, name="checkpoints"),
    path("w/<slug:workspace>/checkpoints/<int:size>", checkpoint, name="checkpoint"),
    path("w/<slug:workspace>/entries/<int:seq>/receipt", receipt, name="receipt"),
]
