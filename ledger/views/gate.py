"""What stands before every page of a workspace: who asks, in which workspace, and may they.

A workspace that does not exist, one in which the person holds no role, and a record that belongs to
another workspace are all answered alike: 404.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from functools import wraps
from typing import TYPE_CHECKING, Concatenate, ParamSpec
from urllib.parse import urlencode, urlsplit

from django.conf import settings
from django.contrib import messages
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.cache import patch_vary_headers
from django.utils.http import url_has_allowed_host_and_scheme
from django.utils.translation import gettext as _
from loopgrid_proof.errors import Fault

from accounts import roles, workspaces
from accounts.actors import Actor
from accounts.errors import RoleMissing, WorkspaceNotFound
from ledger import idempotency
from ledger.errors import NotAllowed, NotFound
from ledger.idempotency import Claim
from ledger.queries import LedgerRef, ledger_of

if TYPE_CHECKING:
    from accounts.models import User, Workspace

P = ParamSpec("P")


@dataclass(frozen=True, slots=True)
class Place:
    """Where a page stands: the workspace, its ledger, and the person who asks."""

    workspace: Workspace
    ledger: LedgerRef
    actor: Actor

    def may(self, act: str) -> bool:
        """Say whether the person may do `act` here."""
        return roles.may(self.actor.roles, act)

    def acting(self, act: str) -> Actor:
        """Return the person in the role by which `act` is allowed. Raises PermissionDenied."""
        role = roles.role_for(self.actor.roles, act)
        if role is None:
            raise PermissionDenied
        return self.actor.acting_as(role)


Page = Callable[Concatenate[HttpRequest, Place, P], HttpResponse]


def workspace_page(act: str) -> Callable[[Page[P]], Callable[..., HttpResponse]]:
    """Let only people in who may do `act` in the workspace of the address.

    Somebody who is not signed in is sent to sign in and comes back; a fragment asked for by htmx
    gets 401 instead, so that what was typed stays on the page.
    """

    def wrap(page: Page[P]) -> Callable[..., HttpResponse]:
        @wraps(page)
        def answer(
            request: HttpRequest, workspace: str, *args: P.args, **kwargs: P.kwargs
        ) -> HttpResponse:
            if not request.user.is_authenticated:
                return _signed_out(request)
            place = _place(workspace, request.user)
            if not place.may(act):
                raise PermissionDenied
            request.place = place  # type: ignore[attr-defined]
            try:
                response = page(request, place, *args, **kwargs)
            except NotFound as missing:
                raise Http404(str(missing)) from missing
            except (NotAllowed, RoleMissing) as refused:
                raise PermissionDenied(str(refused)) from refused
            except Fault:
                response = _unreadable(request, place)
            patch_vary_headers(response, ("HX-Request",))
            return response

        return answer

    return wrap


def is_fragment(request: HttpRequest) -> bool:
    """Say whether htmx asked for a fragment; a restored history entry wants the whole page."""
    details = request.htmx  # type: ignore[attr-defined]
    return bool(details) and not details.history_restore_request


def form_claim(request: HttpRequest, place: Place, form_key: str) -> Claim:
    """Return the claim of a rendered form: a second click finds what the first one left."""
    sent = [(k, v) for k, v in sorted(request.POST.lists()) if k != "csrfmiddlewaretoken"]
    digest = idempotency.request_digest(
        settings.SECRET_KEY,
        method="POST",
        path=request.path,
        body=urlencode(sent, doseq=True).encode(),
    )
    return idempotency.request_key(place.actor.id, f"page:{form_key}", request=digest)


def _unreadable(request: HttpRequest, place: Place) -> HttpResponse:
    """Answer where a stored entry cannot be read: what is damaged is not shown as recorded."""
    context = {"nav": "integrity", "workspace": place.workspace}
    return render(request, "ledger/unreadable.html", context, status=500)


def _signed_out(request: HttpRequest) -> HttpResponse:
    if request.htmx:  # type: ignore[attr-defined]
        return HttpResponse(_("You were signed out."), status=401)
    if request.method in {"GET", "HEAD"}:
        return redirect_to_login(request.get_full_path())
    # What was sent cannot be sent again by coming back, so the way leads to where it was written.
    messages.warning(request, _("You were signed out. Nothing was recorded; send it once more."))
    return redirect_to_login(_written_at(request))


def _written_at(request: HttpRequest) -> str:
    """Return the page of ours from which a form was sent, or the start."""
    page = request.headers.get("Referer", "")
    ours = url_has_allowed_host_and_scheme(page, {request.get_host()}, request.is_secure())
    return urlsplit(page)._replace(scheme="", netloc="").geturl() if page and ours else "/decisions"


def _place(slug: str, user: User) -> Place:
    try:
        standing = workspaces.workspace_of(slug, user=user, at=timezone.now())
        ledger = ledger_of(standing.workspace.pk)
    except (WorkspaceNotFound, NotFound) as missing:
        raise Http404 from missing
    actor = workspaces.person(user, roles=standing.roles, auth="session", login="password")
    return Place(standing.workspace, ledger, actor)
