"""Runs: what becomes an entry, what is scheduled, and what a changed row is worth."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now
from loopgrid_proof.canonical import read_canonical

from accounts import actors
from ledger import integrity, jobs, queries
from ledger.integrity import running, runs
from ledger.models import Job
from tests.support.cast import clock
from tests.support.notary import without_guards

pytestmark = pytest.mark.django_db(transaction=True)


def run(ledger, actor, mode="full"):
    job_id = jobs.add(ledger, runs.KIND, actor=actor, asked={"mode": mode})
    running.run_integrity(job_id, clock=clock)
    return integrity.run_of(ledger, job_id)


def break_at(ledger, seq):
    with without_guards("ledger_part") as cursor:
        cursor.execute(
            "UPDATE ledger_part SET content = '1' WHERE ledger_id = %s AND seq = %s",
            [ledger.ledger_id, seq],
        )


def test_a_run_by_a_person_is_an_entry_with_their_name_in_a_part(ledger, noor):
    done = run(ledger, noor)

    entry = queries.entry(ledger, done.seq)
    parts = queries.content_of(ledger, done.seq)
    assert (entry.kind, entry.actor["id"]) == ("ledger.verified", noor.id)
    assert b"Noor" in parts["actor"].content


def test_a_full_run_counts_the_parts_it_recomputed(scene, ledger, agent):
    scene.record()

    facts = queries.entry(ledger, run(ledger, agent).seq).facts

    assert (facts["mode"], facts["verdict"], facts["size"]) == ("full", "intact", 2)
    assert (facts["checked"], facts["match"], facts["lost"]) == (3, 3, 0)


@pytest.mark.damages
def test_a_broken_run_is_an_entry_that_names_its_findings(scene, ledger, agent):
    scene.record()
    break_at(ledger, 1)

    done = run(ledger, agent)

    entry = queries.entry(ledger, done.seq)
    found = read_canonical(queries.content_of(ledger, done.seq)["findings"].content)
    assert (entry.facts["verdict"], entry.facts["code"]) == ("broken", "E_PART_ALTERED")
    assert found[0]["seq"] == 1
    assert done.first_bad == 1


@pytest.mark.damages
def test_the_badge_says_what_the_newest_run_found(scene, ledger, agent):
    before = integrity.standing(ledger)
    scene.record()
    run(ledger, agent)
    intact = integrity.standing(ledger)
    break_at(ledger, 1)
    run(ledger, agent)
    broken = integrity.standing(ledger)

    assert before.verdict is None
    assert (intact.verdict, intact.upto) == ("intact", 1)
    assert (broken.verdict, broken.first_bad, broken.code) == ("broken", 1, "E_PART_ALTERED")


def test_the_badge_costs_two_queries(ledger, agent, django_assert_num_queries):
    run(ledger, agent)

    with django_assert_num_queries(2):
        integrity.standing(ledger)


@pytest.mark.damages
def test_a_verdict_that_somebody_wrote_into_the_row_is_worth_nothing(scene, ledger, agent):
    scene.record()
    break_at(ledger, 1)
    done = run(ledger, agent)
    row = Job.objects.get(job_id=done.run_id)
    row.result |= {"verdict": "intact", "finding": None}
    row.save()

    assert integrity.standing(ledger).verdict is None


def test_an_intact_scheduled_run_over_the_rest_is_an_entry_once_a_day(scene, ledger):
    run(ledger, actors.SCHEDULER)
    first = run(ledger, actors.SCHEDULER, "incremental")
    second = run(ledger, actors.SCHEDULER, "incremental")

    assert (first.mode, second.mode) == ("incremental", "incremental")
    assert first.seq is not None
    assert second.seq is None


@pytest.mark.damages
def test_a_scheduled_run_that_finds_damage_is_always_an_entry(scene, ledger):
    run(ledger, actors.SCHEDULER)
    run(ledger, actors.SCHEDULER, "incremental")
    scene.record()
    break_at(ledger, queries.end_of(ledger).seq)

    done = run(ledger, actors.SCHEDULER, "incremental")

    assert done.verdict == "broken"
    assert done.seq is not None


def test_a_run_without_an_earlier_one_to_go_on_from_is_full(ledger):
    assert run(ledger, actors.SCHEDULER, "incremental").mode == "full"


@pytest.mark.damages
def test_a_broken_ledger_is_read_in_full_until_it_is_whole_again(scene, ledger):
    scene.record()
    break_at(ledger, 1)
    run(ledger, actors.SCHEDULER)

    assert run(ledger, actors.SCHEDULER, "incremental").mode == "full"


def test_full_runs_are_due_once_a_day(ledger):
    first = running.due_mode(ledger, at=clock())
    run(ledger, actors.SCHEDULER)

    assert first == "full"
    assert running.due_mode(ledger, at=clock()) == "incremental"
    assert running.due_mode(ledger, at=clock() + timedelta(days=1)) == "full"


def test_a_scheduled_run_that_still_waits_is_not_asked_for_twice(ledger):
    first = running.queue_due_runs(clock=clock)
    second = running.queue_due_runs(clock=clock)

    waiting = Job.objects.filter(ledger_id=ledger.ledger_id, state="queued").count()
    assert first
    assert second == []
    assert waiting == 1


def test_a_run_that_is_cancelled_leaves_no_entry(scene, ledger, agent, monkeypatch):
    scene.record()
    before = queries.end_of(ledger)
    job_id = jobs.add(ledger, runs.KIND, actor=agent, asked={"mode": "full"})

    def cancelled_meanwhile(_ledger, scope):
        Job.objects.filter(job_id=job_id).update(
            cancel_asked=True, heartbeat_at=Now() - timedelta(seconds=5)
        )
        scope.progress(1, 2)

    monkeypatch.setattr(running, "verify_integrity", cancelled_meanwhile)
    running.run_integrity(job_id, clock=clock)

    assert integrity.run_of(ledger, job_id).state == "cancelled"
    assert queries.end_of(ledger) == before


def test_a_run_whose_connections_are_cut_waits_for_another_worker(
    scene, ledger, agent, monkeypatch
):
    def cut(_taken, _done, _total):
        with connection.cursor() as rows:
            rows.execute(
                "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
                " WHERE datname = current_database() AND state = 'idle in transaction'"
            )

    monkeypatch.setattr(jobs.Taken, "progress", cut)
    done = run(ledger, agent)

    assert (done.state, done.verdict) == ("queued", None)


@pytest.mark.damages
def test_a_ledger_that_takes_no_entry_still_gets_its_verdict(scene, ledger, agent):
    with without_guards("ledger_ledger") as cursor:
        cursor.execute(
            "UPDATE ledger_ledger SET state = 'closed' WHERE ledger_id = %s", [ledger.ledger_id]
        )

    done = run(ledger, agent)

    assert (done.state, done.verdict, done.seq) == ("succeeded", "broken", None)
