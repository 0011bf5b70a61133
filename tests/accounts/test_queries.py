"""What is read of people and keys, never beyond the workspace."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts import granting, keys, queries


def test_people_are_listed_once_with_all_their_roles(acme, hire):
    hire("reviewer", "admin", name="Ben")
    hire("viewer", name="Ada")

    people = queries.people_of(acme, at=timezone.now())

    assert [(each.user.display_name, each.roles) for each in people] == [
        ("Ada", ("viewer",)),
        ("Ben", ("admin", "reviewer")),
    ]


def test_somebody_whose_role_ran_out_is_listed_without_it(acme, hire):
    hire("auditor", name="Theo")

    people = queries.people_of(acme, at=timezone.now() + timedelta(days=2))

    assert [each.roles for each in people] == [()]


def test_a_person_of_another_workspace_does_not_exist_here(acme, other, hire):
    sam = hire("viewer", workspace=other)

    assert queries.person_of(acme, sam.public_id) is None
    assert queries.person_of(other, sam.public_id) == sam


def test_a_key_of_another_workspace_does_not_exist_here(acme, other, cut):
    theirs = cut(workspace=other).key

    assert queries.key_of(acme, theirs.pk) is None
    assert list(queries.keys_of(acme)) == []
    assert queries.key_of(other, theirs.pk) == theirs


def test_people_are_found_by_email_in_any_case(hire):
    ada = hire("viewer")

    assert queries.person_by_email(f" {ada.email.upper()} ") == ada


def test_the_holder_of_a_key_has_the_roles_of_the_keys_workspace(acme, other, hire, cut):
    ada = hire("reviewer", "viewer")
    granting.add_membership(other, ada, role="admin", at=timezone.now())
    issued = cut(owner=ada)

    holder = queries.holder_by_digest(keys.digest_key(issued.secret), at=timezone.now())

    assert (holder.workspace, holder.owner) == (acme, ada)
    assert holder.roles == ("reviewer", "viewer")


def test_roles_that_ran_out_do_not_come_with_a_key(hire, cut):
    issued = cut(owner=hire("auditor"))

    holder = queries.holder_by_digest(
        keys.digest_key(issued.secret), at=timezone.now() + timedelta(days=2)
    )

    assert holder.roles == ()


def test_nothing_is_set_up_before_the_first_admin(no_admin, hire):
    before = queries.is_set_up()

    hire("admin")

    assert (before, queries.is_set_up()) == (False, True)
