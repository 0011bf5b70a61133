"""Django's admin: officers see their own workspace's rows and can change none."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from django.contrib import admin
from django.test import Client
from django.urls import reverse
from django.utils import timezone

from accounts import granting
from ledger.models import CheckpointRow, DecisionRow, EntryRow
from tests.support.cast import make_workspace

pytestmark = pytest.mark.django_db(transaction=True)

ROWS = (EntryRow, DecisionRow, CheckpointRow)


def client_of(workspace, role):
    user = granting.add_person(
        f"{role}.{workspace.slug}@example.org", display_name=role, password=None
    )
    ends = timezone.now() + timedelta(days=1) if role == "auditor" else None
    granting.add_membership(workspace, user, role=role, expires_at=ends, at=timezone.now())
    client = Client()
    client.force_login(user)
    return client


@pytest.fixture
def noor_browses(acme):
    return client_of(acme.workspace, "compliance_officer")


def list_url(model):
    return reverse(f"admin:ledger_{model._meta.model_name}_changelist")


def row_url(model, key):
    return reverse(f"admin:ledger_{model._meta.model_name}_change", args=[admin.utils.quote(key)])


def listed(answer):
    assert answer.status_code == 200
    return [row.seq for row in answer.context["cl"].result_list]


def test_an_officer_sees_entries_and_decisions_newest_first(scene, noor_browses):
    scene.record()
    scene.record()

    assert listed(noor_browses.get(list_url(EntryRow)))[-3:] == [2, 1, 0]
    assert listed(noor_browses.get(list_url(DecisionRow))) == [2, 1]
    assert listed(noor_browses.get(list_url(CheckpointRow))) == []


def test_a_row_is_found_by_workspace_and_number(acme, scene, noor_browses):
    decision = scene.record()

    answer = noor_browses.get(row_url(EntryRow, f"{acme.workspace.slug}/1"))

    assert answer.status_code == 200
    assert decision.appended.header.leaf_hash.hex() in answer.content.decode()


@pytest.mark.parametrize("model", ROWS)
def test_nobody_adds_changes_or_deletes(acme, scene, noor_browses, model):
    scene.record()
    key = f"{acme.workspace.slug}/1"
    base = row_url(model, key).removesuffix("change/")

    assert noor_browses.get(list_url(model) + "add/").status_code == 403
    assert noor_browses.post(list_url(model) + "add/").status_code == 403
    assert noor_browses.post(base + "change/", {"seq": 9}).status_code in {302, 403}
    assert noor_browses.post(base + "delete/", {"post": "yes"}).status_code in {302, 403}
    noor_browses.post(list_url(model), {"action": "delete_selected", "_selected_action": [key]})
    assert DecisionRow.objects.filter(workspace=acme.workspace.slug, seq=1).exists()


def test_another_workspace_is_not_found(scene, noor_browses):
    other = make_workspace("other")
    slug = other.workspace.slug

    assert listed(noor_browses.get(f"{list_url(EntryRow)}?workspace={slug}")) == []
    assert noor_browses.get(row_url(EntryRow, f"{slug}/0")).status_code == 302


@pytest.mark.parametrize("role", ["viewer", "reviewer", "auditor"])
def test_other_roles_do_not_get_in(acme, role):
    browses = client_of(acme.workspace, role)

    assert browses.get(list_url(EntryRow)).status_code in {302, 403}


@pytest.mark.parametrize("key", ["acme", "acme/x", "/1", "1", "acme/99999999999999999999", "_00"])
def test_an_odd_key_is_not_found(noor_browses, key):
    assert noor_browses.get(row_url(EntryRow, key)).status_code == 302


def test_rows_are_searched_by_number_id_and_service(scene, noor_browses):
    one = scene.record(service_name="a")
    scene.record(service_name="b")
    url = list_url(DecisionRow)

    for term in ("1", "%231", one.decision_id, "a"):
        assert listed(noor_browses.get(f"{url}?q={term}")) == [1], term
    for term in ("9" * 30, "aa"):
        assert listed(noor_browses.get(f"{url}?q={term}")) == [], term


def test_rows_are_filtered_by_fixed_words(scene, ben, noor_browses):
    flagged = scene.record()
    scene.record()
    scene.flag(flagged, ben)

    assert listed(noor_browses.get(f"{list_url(DecisionRow)}?status=incorrect")) == [1]
    assert listed(noor_browses.get(f"{list_url(EntryRow)}?kind=decision.marked_incorrect")) == [3]


def test_an_officer_of_two_workspaces_chooses_one(acme, scene, noor_browses):
    other = make_workspace("other")
    user = noor_browses.get(list_url(EntryRow)).wsgi_request.user
    granting.add_membership(other.workspace, user, role="admin", expires_at=None, at=timezone.now())

    answer = noor_browses.get(f"{list_url(EntryRow)}?workspace={other.workspace.slug}")

    assert listed(answer) == [0]


def test_times_are_written_in_utc_and_say_so(scene, noor_browses):
    moment = datetime.fromisoformat(scene.record().appended.header.t)
    written = f"{moment.day} {moment:%b %Y, %H:%M:%S} UTC"

    assert written in noor_browses.get(list_url(EntryRow)).content.decode()
