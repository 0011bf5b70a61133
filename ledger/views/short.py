"""Short addresses, without a workspace: they lead to the one the person is in."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.urls import path
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import workspaces

if TYPE_CHECKING:
    from accounts.models import User


@require_safe
@login_required
def short(request: HttpRequest, **_parts: object) -> HttpResponse:
    """Put the workspace in front of an address that has none."""
    home = workspaces.home_of(cast("User", request.user), at=timezone.now())
    if home is None:
        raise Http404
    return redirect(f"/w/{home.slug}{request.get_full_path()}")


urlpatterns = [
    path("decisions", short),
    path("d/<slug:decision>", short),
    path("entries/<int:seq>", short),
    path("integrity", short),
    path("checkpoints", short),
    path("settings/keys", short),
    path("settings/people", short),
]
