"""Pages of the installation itself: its start and its set-up."""

from __future__ import annotations

from django.conf import settings
from django.contrib.auth import login
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_safe

from accounts import queries, workspaces
from accounts.errors import GrantRefused
from accounts.forms import SetupForm
from ledger import administration

DESCRIPTION = "The system of record for AI decisions."


@csrf_exempt  # it takes no form, and tells a program so by 405
@require_safe
def start(request: HttpRequest) -> HttpResponse:
    """Tell a program what this is, and lead a person to the decisions."""
    if "text/html" in request.headers.get("Accept", ""):
        return redirect("/decisions")
    return JsonResponse(
        {
            "name": "LoopGrid",
            "version": settings.VERSION,
            "description": DESCRIPTION,
            "docs": "/docs",
        }
    )


@sensitive_post_parameters()
@require_http_methods(["GET", "HEAD", "POST"])
def setup(request: HttpRequest) -> HttpResponse:
    """Make the first person of an installation, for whoever holds the one-time link."""
    token = request.POST.get("token") or request.GET.get("token") or ""
    workspace = queries.workspace_by_slug(workspaces.DEFAULT_SLUG)
    if workspace is None or not queries.is_open_setup_link(token):
        done = {"is_set_up": queries.is_set_up()}
        return render(request, "loopgrid_site/setup_closed.html", done, status=404)
    form = SetupForm(request.POST or None)
    if form.is_valid():
        try:
            first = administration.FirstPerson(**form.first_person())
            user = administration.set_up(token, first, workspace=workspace, clock=timezone.now)
        except GrantRefused as refused:
            form.add_error(None, str(refused))
        else:
            login(request, user, backend=settings.AUTHENTICATION_BACKENDS[0])
            return redirect("setup_done")
    status = 422 if form.is_bound else 200
    shown = {"form": form, "token": token, "workspace_name": workspace.name}
    return render(request, "loopgrid_site/setup.html", shown, status=status)


@login_required
@require_http_methods(["GET", "HEAD"])
def setup_done(request: HttpRequest) -> HttpResponse:
    """Show what comes next: a key, and the first call to copy."""
    workspace = workspaces.DEFAULT_SLUG
    context = {"public_url": settings.PUBLIC_URL, "slug": workspace}
    return render(request, "loopgrid_site/setup_done.html", context)
