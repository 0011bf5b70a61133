"""Pages for people and keys: admins only, each change an entry."""

from __future__ import annotations

import re
import secrets
from collections.abc import Callable
from typing import TYPE_CHECKING, Any, TypeVar

from django.conf import settings
from django.contrib import messages
from django.forms import Form
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import path, reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from accounts import profiles, queries
from accounts.errors import GrantRefused, InvalidGrant, NoSuchGrant
from accounts.grant_forms import KeyForm, PersonForm, RoleForm, RotateForm
from ledger import administration
from ledger.administration import AddedPerson, KeyChange
from ledger.errors import KeyReused
from ledger.idempotency import Claim
from ledger.views.gate import Place, form_claim, workspace_page

if TYPE_CHECKING:
    from accounts.models import User

Changed = TypeVar("Changed")

# Where a refused argument stands in the forms.
_FIELDS = {"expires_at": ("days", "until")}
_FORM_KEY = re.compile(r"[0-9a-f]{32}")


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("admin")
def keys(request: HttpRequest, place: Place) -> HttpResponse:
    """List the keys; make one and show its secret this once."""
    form = KeyForm(request.POST or None)
    issued = _try(form, lambda: _issue(request, place, form))
    return _keys(request, place, form=form) if issued is None else _key_made(request, place, issued)


@require_POST
@workspace_page("admin")
def rotate_key(request: HttpRequest, place: Place, key_id: str) -> HttpResponse:
    """Make a successor of a key and show its secret this once."""
    form = RotateForm(request.POST)
    issued = _try(form, lambda: _rotate(request, place, key_id, form))
    return (
        _keys(request, place, refused=form) if issued is None else _key_made(request, place, issued)
    )


@require_POST
@workspace_page("admin")
def revoke_key(request: HttpRequest, place: Place, key_id: str) -> HttpResponse:
    """End a key for good."""
    form = Form(request.POST)
    revoked = _try(
        form,
        lambda: administration.revoke_key(
            place.workspace, key_id, actor=place.acting("admin"), clock=timezone.now
        ),
    )
    if revoked is None:
        return _keys(request, place, refused=form)
    messages.success(request, _("The key %(name)s was revoked.") % {"name": revoked.key.name})
    return redirect(f"/w/{place.workspace.slug}/settings/keys")


@require_http_methods(["GET", "HEAD", "POST"])
@workspace_page("admin")
def people(request: HttpRequest, place: Place) -> HttpResponse:
    """List people with their roles; let somebody join."""
    form = PersonForm(request.POST or None)
    added = _try(form, lambda: _add_person(place, form))
    if added is None:
        return _people(request, place, form=form)
    if added.is_fresh:
        context = {"added": added.user, "link": _password_link(added.user)}
        return _page(request, place, "ledger/settings_person_added.html", context)
    messages.success(request, _("%(name)s has the role.") % {"name": added.user.display_name})
    return redirect(f"/w/{place.workspace.slug}/settings/people")


@require_POST
@workspace_page("admin")
def grant_role(request: HttpRequest, place: Place, person_id: str) -> HttpResponse:
    """Give a person another role."""
    form = RoleForm(request.POST)
    return _changed(request, place, form, lambda: _grant(place, person_id, form))


@require_POST
@workspace_page("admin")
def revoke_role(request: HttpRequest, place: Place, person_id: str) -> HttpResponse:
    """Take a role away."""
    form = Form(request.POST)
    return _changed(
        request, place, form, lambda: _revoke(place, person_id, role=request.POST.get("role", ""))
    )


def _issue(request: HttpRequest, place: Place, form: KeyForm) -> KeyChange:
    mine = form.cleaned_data["personal"]
    owner = queries.person_of(place.workspace, place.actor.id) if mine else None
    terms = administration.KeyTerms(**form.terms(at=timezone.now()), owner=owner)
    return administration.issue_key(
        place.workspace,
        terms,
        actor=place.acting("admin"),
        clock=timezone.now,
        claim=_claim(request, place),
    )


def _rotate(request: HttpRequest, place: Place, key_id: str, form: RotateForm) -> KeyChange:
    return administration.rotate_key(
        place.workspace,
        key_id,
        overlap=form.overlap(),
        actor=place.acting("admin"),
        clock=timezone.now,
        claim=_claim(request, place),
    )


def _claim(request: HttpRequest, place: Place) -> Claim | None:
    """Return the key of the form, so that a reload of its answer makes no second API key."""
    sent = request.POST.get("form_key", "")
    return form_claim(request, place, sent) if _FORM_KEY.fullmatch(sent) else None


def _add_person(place: Place, form: PersonForm) -> AddedPerson:
    return administration.add_person(
        place.workspace,
        email=form.cleaned_data["email"],
        display_name=form.cleaned_data["display_name"],
        **form.grant(),
        actor=place.acting("admin"),
        clock=timezone.now,
    )


def _grant(place: Place, person_id: str, form: RoleForm) -> bool:
    administration.grant_role(
        place.workspace, person_id, **form.grant(), actor=place.acting("admin"), clock=timezone.now
    )
    return True


def _revoke(place: Place, person_id: str, *, role: str) -> bool:
    administration.revoke_role(
        place.workspace,
        person_id,
        role=role,
        actor=place.acting("admin"),
        clock=timezone.now,
    )
    return True


def _try(form: Form, change: Callable[[], Changed]) -> Changed | None:
    """Make the change if the form is complete; what is refused is said in the form.

    Returns None if nothing was changed. Whom or what the workspace has not is 404.
    """
    if not form.is_valid():
        return None
    try:
        return change()
    except InvalidGrant as refused:
        names = (refused.field, *_FIELDS.get(refused.field, ()))
        form.add_error(next((name for name in names if name in form.fields), None), str(refused))
    except KeyReused:
        form.add_error(None, _("This form was sent before with other words. Send it once more."))
    except GrantRefused as refused:
        form.add_error(None, str(refused))
    except NoSuchGrant as missing:
        raise Http404 from missing
    return None


def _changed(
    request: HttpRequest, place: Place, form: Form, change: Callable[[], bool]
) -> HttpResponse:
    if _try(form, change) is None:
        return _people(request, place, refused=form)
    messages.success(request, _("The roles were changed."))
    return redirect(f"/w/{place.workspace.slug}/settings/people")


def _key_made(request: HttpRequest, place: Place, issued: KeyChange) -> HttpResponse:
    return _page(request, place, "ledger/settings_key_made.html", {"issued": issued})


def _keys(
    request: HttpRequest, place: Place, *, form: KeyForm | None = None, refused: Form | None = None
) -> HttpResponse:
    context = {
        "keys": queries.listed_keys(place.workspace, at=timezone.now()),
        "form": form or KeyForm(),
        "rotate_form": RotateForm(auto_id=False),
        "refused": refused,
    }
    return _page(request, place, "ledger/settings_keys.html", context, form=refused or form)


def _people(
    request: HttpRequest,
    place: Place,
    *,
    form: PersonForm | None = None,
    refused: Form | None = None,
) -> HttpResponse:
    context = {
        "people": queries.people_of(place.workspace, at=timezone.now()),
        "form": form or PersonForm(),
        "role_form": RoleForm(auto_id=False),
        "refused": refused,
    }
    return _page(request, place, "ledger/settings_people.html", context, form=refused or form)


def _page(
    request: HttpRequest,
    place: Place,
    template: str,
    context: dict[str, Any],
    *,
    form: Form | None = None,
) -> HttpResponse:
    status = 422 if form is not None and form.is_bound else 200
    shown = context | {
        "workspace": place.workspace,
        "may_administer": True,
        "form_key": secrets.token_hex(16),
    }
    return render(request, template, shown, status=status)


def _password_link(user: User) -> str:
    made = profiles.reset_token(user)
    return settings.PUBLIC_URL + reverse("accounts:set_password", args=(made.uid, made.token))


urlpatterns = [
    path("w/<slug:workspace>/settings/keys", keys),
    path("w/<slug:workspace>/settings/keys/<slug:key_id>/rotate", rotate_key),
    path("w/<slug:workspace>/settings/keys/<slug:key_id>/revoke", revoke_key),
    path("w/<slug:workspace>/settings/people", people),
    path("w/<slug:workspace>/settings/people/<slug:person_id>/grant", grant_role),
    path("w/<slug:workspace>/settings/people/<slug:person_id>/revoke", revoke_role),
]
