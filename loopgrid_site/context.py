"""What every page needs to know: navigation, badge, banners."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, cast

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone

from accounts import queries, roles, workspaces
from accounts.models import User, Workspace
from ledger.errors import NotFound
from ledger.integrity import runs
from ledger.queries import LedgerRef, figures, ledger_of
from ledger.views import standing


def site(request: HttpRequest) -> dict[str, Any]:
    """Return the values `base.html` shows on every page.

    A page of a workspace brought its place with it; on the others, such as the profile, the
    navigation leads to the workspace the person starts in.
    """
    shown: dict[str, Any] = {"open_local": settings.OPEN_LOCAL, "version": settings.VERSION}
    user = getattr(request, "user", None)
    if user is None or not user.is_authenticated:
        return shown
    person, now = cast("User", user), timezone.now()
    mine = list(queries.workspaces_of(person, at=now))
    place = getattr(request, "place", None)
    if place is None:
        home = workspaces.home_of(person, at=now)
        return shown | {"workspaces": mine} | _there(person, home)
    return (
        shown
        | {
            "workspaces": mine,
            "workspace": place.workspace,
            "may_administer": place.may("admin"),
            "may_open_admin": place.may("open_admin_site"),
        }
        | _state_of(place.ledger, at=now)
    )


def _state_of(ledger: LedgerRef, *, at: datetime) -> dict[str, Any]:
    return {
        "integrity_badge": standing.shown(runs.standing(ledger), at=at),
        "silent": silent_processes(at=at),
    }


def silent_processes(*, at: datetime) -> dict[str, timedelta]:
    """Return how long worker and notary have said nothing, if that is too long.

    One that has never spoken is not named: it may just be starting.
    """
    seen = figures.beats()
    ages = {name: at - seen[name] for name in ("worker", "notary") if name in seen}
    return {name: age for name, age in ages.items() if age > figures.SILENT_AFTER}


def _there(person: User, home: Workspace | None) -> dict[str, Any]:
    if home is None:
        return {}
    now = timezone.now()
    held = queries.roles_of(person, home, at=now)
    return {
        "workspace": home,
        "may_administer": roles.may(held, "admin"),
        "may_open_admin": roles.may(held, "open_admin_site"),
    } | _state_at_home(home, at=now)


def _state_at_home(home: Workspace, *, at: datetime) -> dict[str, Any]:
    try:
        return _state_of(ledger_of(home.pk), at=at)
    except NotFound:
        # Every workspace was opened together with its ledger; the profile is shown all the same.
        return {"integrity_badge": standing.Shown("broken", None, None)}
