"""Each change of people, roles, keys and workspaces is an entry, and stands or falls with it."""

from __future__ import annotations

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import actors, ids, queries, workspaces
from accounts.errors import AlreadyGranted, LastAdmin, NoSuchGrant, RoleMissing, SetupClosed
from accounts.models import Membership
from ledger import administration
from ledger.administration import FirstPerson, KeyTerms
from ledger.models import Entry, Ledger, Part

PASSWORD = "a long enough password"
HOUR = timedelta(hours=1)
CI = KeyTerms(name="ci", scopes=("record", "read"))


def open_workspace(name="acme"):
    return administration.create_workspace(
        f"{name}-{ids.draw_uuid().hex[-12:]}",
        name=name.title(),
        actor=actors.CONSOLE,
        clock=timezone.now,
    )


@pytest.fixture
def acme(db):
    return open_workspace()


@pytest.fixture
def lee(acme):
    """The first person, who is admin; acts in a session."""
    # Tests with real commits leave admins of their own workspaces behind.
    Membership.objects.filter(role="admin").delete()
    email = f"{ids.draw_uuid().hex}@example.org"
    first = FirstPerson(email, "Lee", PASSWORD)
    token = administration.make_setup_link()
    user = administration.set_up(token, first, workspace=acme, clock=timezone.now)
    roles = queries.roles_of(user, acme, at=timezone.now())
    actor = workspaces.person(user, roles=roles, auth="session", login="password")
    return actor.acting_as("admin")


def entries(workspace):
    ledger = Ledger.objects.get(workspace_id=workspace.pk)
    found = Entry.objects.filter(ledger_id=ledger.pk).order_by("seq")
    return [json.loads(bytes(entry.leaf)) for entry in found]


def value_of(workspace, entry, part="value"):
    ledger = Ledger.objects.get(workspace_id=workspace.pk)
    stored = Part.objects.get(ledger_id=ledger.pk, seq=entry["seq"], name=part)
    return json.loads(bytes(stored.content))


def test_a_workspace_begins_with_its_ledger_and_entry_0(acme):
    (genesis,) = entries(acme)

    assert (genesis["k"], genesis["seq"]) == ("ledger.genesis", 0)
    assert genesis["log"] == f"test.example/{acme.slug}"
    assert genesis["act"] == {"ty": "system", "id": "console", "au": "console"}


def test_a_workspace_that_exists_is_not_opened_again(acme):
    with pytest.raises(AlreadyGranted):
        administration.create_workspace(
            acme.slug, name="Again", actor=actors.CONSOLE, clock=timezone.now
        )


def test_the_first_person_is_admin_and_reviewer_and_each_fact_is_an_entry(acme, lee):
    facts = [entry["f"] for entry in entries(acme)[1:]]

    assert lee.roles == ("admin", "reviewer")
    assert facts == [
        {"area": "access", "name": "person", "granted": True},
        {"area": "access", "name": "role", "role": "admin", "granted": True},
        {"area": "access", "name": "role", "role": "reviewer", "granted": True},
    ]
    assert {entry["act"]["id"] for entry in entries(acme)[1:]} == {"setup"}


def test_set_up_is_over_once_there_is_an_admin(acme, lee):
    with pytest.raises(SetupClosed):
        administration.make_setup_link()


def test_adding_a_person_is_sealed_with_who_did_it_and_by_which_role(acme, lee):
    added = administration.add_person(
        acme,
        email="ada@administration.example",
        display_name="Ada",
        role="reviewer",
        actor=lee,
        clock=timezone.now,
    )
    person, role = entries(acme)[-2:]

    assert added.is_fresh
    assert person["ref"]["who"] == role["ref"]["who"] == added.user.public_id
    assert role["f"]["role"] == "reviewer"
    assert (role["act"]["id"], role["act"]["ro"]) == (lee.id, "admin")
    assert value_of(acme, person) == {"display_name": "Ada", "email": "ada@administration.example"}
    assert value_of(acme, person, "actor")["display_name"] == "Lee"


def test_somebody_with_an_account_elsewhere_gets_a_role_and_no_second_account(acme, lee):
    other = open_workspace("other")
    wanted = {"email": "sam@administration.example", "display_name": "Sam", "role": "viewer"}
    first = administration.add_person(other, **wanted, actor=actors.CONSOLE, clock=timezone.now)

    second = administration.add_person(acme, **wanted, actor=lee, clock=timezone.now)

    assert (second.user, second.is_fresh) == (first.user, False)
    assert entries(acme)[-1]["f"]["name"] == "role"


def test_a_role_given_and_taken_leaves_two_entries(acme, lee):
    noor = administration.add_person(
        acme,
        email="noor@administration.example",
        display_name="Noor",
        role="viewer",
        actor=lee,
        clock=timezone.now,
    ).user
    who = noor.public_id

    administration.grant_role(acme, who, role="compliance_officer", actor=lee, clock=timezone.now)
    administration.revoke_role(acme, who, role="viewer", actor=lee, clock=timezone.now)

    assert queries.roles_of(noor, acme, at=timezone.now()) == ("compliance_officer",)
    assert [(entry["f"]["role"], entry["f"]["granted"]) for entry in entries(acme)[-2:]] == [
        ("compliance_officer", True),
        ("viewer", False),
    ]


def test_a_refused_change_leaves_no_entry(acme, lee):
    before = len(entries(acme))

    with pytest.raises(LastAdmin):
        administration.revoke_role(acme, lee.id, role="admin", actor=lee, clock=timezone.now)

    assert len(entries(acme)) == before


def test_a_key_is_sealed_without_its_secret(acme, lee):
    issued = administration.issue_key(acme, CI, actor=lee, clock=timezone.now)
    entry = entries(acme)[-1]
    value = value_of(acme, entry)

    assert entry["ref"]["who"] == issued.key.pk
    assert entry["f"] == {"area": "access", "name": "key", "granted": True}
    assert (value["key"], value["scopes"]) == ("ci", ["record", "read"])
    assert issued.secret not in json.dumps(value)
    assert issued.key.created_by == lee.id


def test_a_rotated_key_names_the_one_it_replaces(acme, lee):
    old = administration.issue_key(acme, CI, actor=lee, clock=timezone.now)

    fresh = administration.rotate_key(
        acme, old.key.pk, overlap=9 * HOUR, actor=lee, clock=timezone.now
    )
    value = value_of(acme, entries(acme)[-1])

    assert (value["replaces"], value["overlap_hours"]) == (old.key.pk, 9)
    assert entries(acme)[-1]["ref"]["who"] == fresh.key.pk


def test_revoking_a_key_twice_leaves_one_entry(acme, lee):
    key = administration.issue_key(acme, CI, actor=lee, clock=timezone.now).key.pk
    administration.revoke_key(acme, key, actor=lee, clock=timezone.now)
    before = len(entries(acme))

    administration.revoke_key(acme, key, actor=lee, clock=timezone.now)

    assert entries(acme)[-1]["f"] == {"area": "access", "name": "key", "granted": False}
    assert len(entries(acme)) == before


def test_nobody_but_an_admin_changes_access(acme, lee):
    ada = lee.acting_as("reviewer")

    with pytest.raises(RoleMissing):
        administration.issue_key(acme, CI, actor=ada, clock=timezone.now)
    with pytest.raises(RoleMissing):
        administration.grant_role(acme, lee.id, role="viewer", actor=ada, clock=timezone.now)


def test_another_workspaces_people_and_keys_do_not_exist_here(acme, lee):
    other = open_workspace("other")
    theirs = administration.issue_key(other, CI, actor=actors.CONSOLE, clock=timezone.now)

    with pytest.raises(NoSuchGrant):
        administration.revoke_key(acme, theirs.key.pk, actor=lee, clock=timezone.now)
    with pytest.raises(NoSuchGrant):
        administration.grant_role(other, lee.id, role="viewer", actor=lee, clock=timezone.now)
