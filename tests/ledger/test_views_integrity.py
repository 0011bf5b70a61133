"""Pages of integrity: no later word before it is true, and damage named where it is."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from django.utils import timezone

from ledger import jobs, queries, requesting
from ledger.integrity import running, runs
from ledger.integrity.runs import Badge
from ledger.models import NotaryState
from ledger.views import standing
from tests.support.cast import make_workspace
from tests.support.notary import without_guards
from tests.support.visitors import hire

NOW = datetime(2026, 11, 24, 12, tzinfo=UTC)


@pytest.fixture
def noor(acme):
    return hire(acme, "Noor", "compliance_officer")


@pytest.fixture
def kim(acme):
    return hire(acme, "Kim", "viewer")


@pytest.fixture(autouse=True)
def _nobody_is_woken(monkeypatch):
    """There is no worker in these tests; they run a job themselves."""
    monkeypatch.setattr("ledger.tasks.wake", lambda *_names: None)


def verified(ledger, visitor) -> str:
    asked = requesting.request_run(ledger, actor=visitor.actor)
    running.run_integrity(asked.run_id, clock=timezone.now)
    return asked.run_id


def damage(ledger, seq: int) -> None:
    """Change one letter of an entry as somebody with every right in the database could."""
    with without_guards("ledger_entry") as cursor:
        cursor.execute(
            "UPDATE ledger_entry SET leaf = overlay(leaf placing 'x' from 40)"
            " WHERE ledger_id = %s AND seq = %s",
            (ledger.ledger_id, seq),
        )


def test_before_the_first_run_no_verdict_is_shown(noor, scene):
    scene.record()

    page = noor.get("integrity").content.decode()

    assert "Not verified yet" in page
    assert "Intact up to" not in page


def test_verify_now_leads_to_a_run_that_waits(noor, scene, ledger):
    scene.record()

    answer = noor.post("integrity/runs", {}, follow=True)

    assert "Waiting for a worker" in answer.content.decode()
    assert runs.runs_of(ledger)[0].by_name == "Noor"


def test_asking_twice_is_one_run(noor, scene, ledger):
    first, second = noor.post("integrity/runs", {}), noor.post("integrity/runs", {})

    assert first.url == second.url


def test_a_run_says_up_to_where_and_by_whom(noor, scene, ledger):
    head = scene.record().appended.header.seq
    run_id = verified(ledger, noor)

    page = noor.get(f"integrity/runs/{run_id}").content.decode()

    assert f"Intact up to #{head}" in page
    assert "Noor" in page
    assert f"recorded as #{queries.end_of(ledger).seq}" in page


@pytest.mark.damages
def test_damage_is_named_with_its_neighbours(noor, scene, ledger):
    made = [scene.record().appended.header.seq for _ in range(5)]
    damage(ledger, made[2])
    run_id = verified(ledger, noor)

    page = noor.get(f"integrity/runs/{run_id}").content.decode()

    assert f"Broken at #{made[2]}" in page
    assert "What to do" in page
    assert all(f'<td class="c-no">{seq}</td>' in page for seq in made)


@pytest.mark.damages
def test_a_broken_ledger_is_called_so_on_every_page(noor, scene, ledger):
    seq = scene.record().appended.header.seq
    damage(ledger, seq)
    verified(ledger, noor)

    page = noor.get("decisions").content.decode()

    assert 'class="seal broken"' in page
    assert f"Broken at #{seq}" in page


def test_a_run_that_was_cancelled_says_nothing(noor, scene, ledger):
    scene.record()
    run_id = requesting.request_run(ledger, actor=noor.actor).run_id

    answer = noor.post(f"integrity/runs/{run_id}/cancel", {}, follow=True)

    assert "says nothing about the ledger" in answer.content.decode()
    assert jobs.state_of(ledger, run_id, actor=noor.actor).state == "cancelled"


def test_a_run_that_goes_on_is_asked_for_again_and_one_that_is_over_is_not(noor, scene, ledger):
    scene.record()
    run_id = requesting.request_run(ledger, actor=noor.actor).run_id
    waiting = noor.get(f"integrity/runs/{run_id}").content.decode()
    running.run_integrity(run_id, clock=timezone.now)

    over = noor.get(f"integrity/runs/{run_id}", headers={"HX-Request": "true"}).content.decode()

    assert 'hx-trigger="every 2s"' in waiting
    assert 'http-equiv="refresh"' in waiting
    assert "hx-trigger" not in over
    assert "<html" not in over


def test_a_viewer_sees_the_state_and_starts_nothing(kim, scene, ledger):
    page = kim.get("integrity").content.decode()

    assert "Verify now" not in page
    assert kim.post("integrity/runs", {}).status_code == 403
    assert runs.runs_of(ledger) == []


def test_another_workspaces_run_is_not_found(noor, ledger):
    run_id = requesting.request_run(ledger, actor=noor.actor).run_id
    sam = hire(make_workspace("other"), "Sam", "compliance_officer")

    assert sam.get(f"integrity/runs/{run_id}").status_code == 404


@pytest.mark.parametrize(
    ("badge", "state", "seq"),
    [
        (Badge(None), "none", None),
        (Badge("intact", 9, NOW - timedelta(minutes=5)), "intact", 9),
        (Badge("intact", 9, NOW - timedelta(hours=3)), "stale", 9),
        (Badge("unproven", 9, NOW), "unproven", None),
        (Badge("unproven", 9, NOW, proven=6), "unproven", 6),
        (Badge("broken", 9, NOW, first_bad=4), "broken", 4),
        (Badge("broken", 9, NOW - timedelta(days=30)), "broken", None),
    ],
)
def test_the_badge_says_no_more_than_the_newest_run(badge, state, seq):
    shown = standing.shown(badge, at=NOW)

    assert (shown.state, shown.seq) == (state, seq)


def test_an_alarm_of_the_notary_leaves_no_page_calling_the_ledger_intact(noor, scene, ledger):
    scene.record()
    verified(ledger, noor)
    NotaryState.objects.update_or_create(ledger_id=ledger.ledger_id, defaults={"alarm": "rollback"})

    page = noor.get("integrity").content.decode()

    assert "The notary refuses to sign: rollback." in page
    assert "No verdict while the notary refuses to sign" in page
    assert 'class="seal unproven"' in page
    assert "<h2>Intact up to" not in page


def test_what_waits_for_the_notary_is_unproven_and_no_more(ledger, noor, scene, desk):
    scene.record()
    desk.look()
    sealed_size = queries.sealed_size(ledger)
    late = scene.record().appended.header.seq

    run = runs.run_of(ledger, verified(ledger, noor))

    assert (run.proven_seq, run.head_seq) == (sealed_size - 1, late)


def test_integrity_costs_few_queries(noor, scene, ledger, django_assert_max_num_queries):
    verified(ledger, noor)
    noor.get("integrity")

    with django_assert_max_num_queries(20):
        noor.get("integrity")


@pytest.mark.damages
def test_the_last_good_checkpoint_covers_nothing_from_the_bad_entry_on(noor, scene, ledger, desk):
    scene.record()
    desk.look()
    good = queries.sealed_size(ledger)
    seq = scene.record().appended.header.seq
    scene.record()
    desk.look()
    with without_guards("ledger_part") as cursor:
        cursor.execute(
            "DELETE FROM ledger_part WHERE ledger_id = %s AND seq = %s", (ledger.ledger_id, seq)
        )

    finding = runs.run_of(ledger, verified(ledger, noor)).finding

    assert (finding["seq"], finding["last_good_checkpoint"]) == (seq, good)


@pytest.mark.damages
def test_what_an_unreadable_entry_should_have_been_is_told_by_the_link_behind_it(
    noor, scene, ledger
):
    first = scene.record().appended.header
    scene.record()
    damage(ledger, first.seq)

    finding = runs.run_of(ledger, verified(ledger, noor)).finding

    assert finding["expected"] == first.leaf_hash.hex()
    assert finding["found"] not in {None, finding["expected"]}
