"""Which workspace an address means to the person who asks."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import granting, workspaces
from accounts.errors import WorkspaceNotFound


def test_a_member_has_the_roles_of_this_workspace_alone(acme, other, hire):
    ada = hire("reviewer")
    granting.add_membership(other, ada, role="admin", at=timezone.now())

    standing = workspaces.workspace_of(acme.slug, user=ada, at=timezone.now())

    assert (standing.workspace, standing.roles) == (acme, ("reviewer",))


def test_a_stranger_finds_no_workspace(acme, other, hire):
    sam = hire("admin", workspace=other)

    with pytest.raises(WorkspaceNotFound):
        workspaces.workspace_of(acme.slug, user=sam, at=timezone.now())


def test_an_auditor_whose_time_is_over_finds_no_workspace(acme, hire):
    theo = hire("auditor")

    with pytest.raises(WorkspaceNotFound):
        workspaces.workspace_of(acme.slug, user=theo, at=timezone.now() + timedelta(days=2))


def test_a_person_starts_in_default_if_they_are_in_it(default, hire):
    ada = hire("viewer")
    granting.add_membership(default, ada, role="viewer", at=timezone.now())

    assert workspaces.home_of(ada, at=timezone.now()) == default


def test_a_person_starts_in_their_only_workspace(acme, hire):
    assert workspaces.home_of(hire("viewer"), at=timezone.now()) == acme


def test_a_person_without_a_role_has_no_home(hire):
    assert workspaces.home_of(hire(), at=timezone.now()) is None


def test_somebody_who_left_finds_no_workspace(acme, hire):
    gone = hire("viewer")
    gone.is_active = False
    gone.save()

    with pytest.raises(WorkspaceNotFound):
        workspaces.workspace_of(acme.slug, user=gone, at=timezone.now())
