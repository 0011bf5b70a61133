"""People with an account and a signed-in browser, for tests of pages."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta

from django.test import Client
from django.utils import timezone

from accounts import granting, ids, workspaces
from accounts.actors import Actor
from accounts.models import User
from tests.support.cast import Acme

PASSWORD = "a long enough password"


@dataclass(frozen=True)
class Visitor:
    """A person of a workspace, their browser, and the actor they are."""

    user: User
    browser: Client
    actor: Actor
    home: str

    def get(self, page: str, **more: object):
        return self.browser.get(f"{self.home}/{page}", **more)

    def post(self, page: str, data: dict[str, object], **more: object):
        return self.browser.post(f"{self.home}/{page}", data, **more)


def hire(acme: Acme, name: str, *roles: str) -> Visitor:
    """Give somebody an account and roles in acme, signed in."""
    email = f"{name.lower()}-{ids.draw_uuid().hex[-12:]}@example.org"
    user = granting.add_person(email, display_name=name, password=PASSWORD)
    end = timezone.now() + timedelta(days=1)
    for role in roles:
        expires_at = end if role == "auditor" else None
        granting.add_membership(
            acme.workspace, user, role=role, expires_at=expires_at, at=timezone.now()
        )
    browser = Client()
    browser.force_login(user)
    actor = workspaces.person(user, roles=roles, auth="session", login="password")
    role = roles[0] if roles else None
    return Visitor(user, browser, actor.acting_as(role), f"/w/{acme.workspace.slug}")
