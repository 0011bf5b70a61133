"""Jobs as rows: taken once, rescued when their worker dies, ended by whoever asked."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.db.models.functions import Now

from ledger import jobs
from ledger.errors import Conflict, NotFound
from ledger.models import Heartbeat, Job

pytestmark = pytest.mark.django_db(transaction=True)

KIND = "integrity_run"


@pytest.fixture
def job(ledger, agent):
    return jobs.add(ledger, KIND, actor=agent, asked={"mode": "full"})


def age(job_id, **columns):
    Job.objects.filter(job_id=job_id).update(**columns)


def state(job_id):
    return Job.objects.get(job_id=job_id).state


def test_a_job_is_taken_once(job):
    first, second = jobs.take(job), jobs.take(job)

    assert first.attempt == 1
    assert second is None


def test_a_job_keeps_who_asked_for_it(job, agent):
    assert jobs.take(job).actor == agent


def test_a_job_that_nobody_took_is_published_again(job):
    fresh = jobs.sweep()
    age(job, created_at=Now() - timedelta(seconds=31))

    assert (KIND, job) not in fresh
    assert (KIND, job) in jobs.sweep()


def test_a_job_whose_worker_fell_silent_goes_back_to_the_queue(job):
    jobs.take(job)
    age(job, heartbeat_at=Now() - timedelta(seconds=91), created_at=Now() - timedelta(minutes=5))

    assert (KIND, job) in jobs.sweep()
    assert jobs.take(job).attempt == 2


def test_a_job_that_killed_three_workers_ends(job):
    for _ in range(3):
        jobs.take(job)
        age(job, heartbeat_at=Now() - timedelta(seconds=91))
        jobs.sweep()

    assert state(job) == "failed"


def test_a_worker_that_lost_its_job_ends_nothing(job):
    lost = jobs.take(job)
    age(job, heartbeat_at=Now() - timedelta(seconds=91))
    jobs.sweep()
    jobs.take(job)

    assert jobs.finish(lost, "succeeded", result={}) is False
    assert state(job) == "running"


def test_progress_is_told_at_most_once_a_second(job):
    taken = jobs.take(job)

    taken.progress(5, 10)

    assert Job.objects.get(job_id=job).done == 0


def test_a_running_job_that_is_cancelled_ends_when_it_looks_up(job, ledger, agent):
    taken = jobs.take(job)
    age(job, heartbeat_at=Now() - timedelta(seconds=2))
    jobs.cancel(ledger, job, actor=agent)

    with pytest.raises(jobs.Cancelled):
        taken.progress(5, 10)


def test_a_job_that_is_over_is_not_cancelled(job, ledger, agent):
    jobs.finish(jobs.take(job), "succeeded", result={})

    with pytest.raises(Conflict):
        jobs.cancel(ledger, job, actor=agent)


def test_only_its_owner_knows_of_a_job(job, ledger, ben):
    with pytest.raises(NotFound):
        jobs.state_of(ledger, job, actor=ben)
    assert jobs.states_of(ledger, actor=ben) == []


def test_a_passing_trouble_puts_a_job_back_until_it_was_tried_enough(job):
    states = []
    for _ in range(3):
        jobs.give_back(jobs.take(job), error="The database went away.")
        states.append(state(job))

    assert states == ["queued", "queued", "failed"]


def test_a_heartbeat_is_one_row_that_moves():
    jobs.note_heartbeat("worker")
    first = Heartbeat.objects.get(name="worker").seen_at

    jobs.note_heartbeat("worker")

    assert Heartbeat.objects.get(name="worker").seen_at > first
