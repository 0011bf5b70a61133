"""People, workspaces and keys for the tests of accounts, each in a fresh workspace."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from typing import Any

import pytest
from django.test import RequestFactory
from django.utils import timezone
from rest_framework.request import Request

from accounts import authentication, granting, ids, queries
from accounts.granting import IssuedKey, KeyTerms
from accounts.models import Membership, User, Workspace

PASSWORD = "a long enough password"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    authentication.forget_all()


@pytest.fixture
def acme(db: None) -> Workspace:
    return granting.open_workspace(f"acme-{ids.draw_uuid().hex[-12:]}", name="Acme")


@pytest.fixture
def other(db: None) -> Workspace:
    return granting.open_workspace(f"other-{ids.draw_uuid().hex[-12:]}", name="Other")


@pytest.fixture
def default(db: None) -> Workspace:
    # Tests with real commits may have left one.
    return queries.workspace_by_slug("default") or granting.open_workspace("default", name="D")


@pytest.fixture
def no_admin(db: None) -> None:
    """Leave the installation as it is before its set-up."""
    Membership.objects.filter(role="admin").delete()


@pytest.fixture
def hire(acme: Workspace) -> Callable[..., User]:
    """Add a person with roles in acme, or in another workspace."""

    def add(*roles: str, name: str = "Ada", workspace: Workspace = acme) -> User:
        email = f"{ids.draw_uuid().hex}@example.org"
        person = granting.add_person(email, display_name=name, password=PASSWORD)
        for role in roles:
            end = timezone.now() + timedelta(days=1) if role == "auditor" else None
            granting.add_membership(workspace, person, role=role, expires_at=end, at=timezone.now())
        return person

    return add


@pytest.fixture
def cut(acme: Workspace) -> Callable[..., IssuedKey]:
    """Make a key of acme, or of another workspace."""

    def make(*scopes: str, workspace: Workspace = acme, **terms: Any) -> IssuedKey:
        wanted = KeyTerms(name="a key", scopes=scopes or ("record",), **terms)
        maker = wanted.owner.public_id if wanted.owner else "console"
        return granting.add_key(workspace, wanted, created_by=maker, at=timezone.now())

    return make


@pytest.fixture
def call() -> Callable[..., Request]:
    """Make a call as an API view gets it; headers by their names, the peer by `peer`."""

    def make(secret: str | None = None, *, peer: str = "10.0.0.9", **headers: str) -> Request:
        given = {"Host": "testserver"} | {
            name.replace("_", "-"): value for name, value in headers.items()
        }
        if secret is not None:
            given["Authorization"] = f"Bearer {secret}"
        sent = RequestFactory().get("/v1/ledger", headers=given, REMOTE_ADDR=peer)
        doors = [authentication.KeyAuthentication()]
        return Request(sent, authenticators=doors, negotiator=object())  # type: ignore[arg-type]

    return make
