"""A real worker does what was asked for, from message to entry."""

from __future__ import annotations

import pytest
from celery.contrib.testing.worker import start_worker
from kombu.exceptions import OperationalError

from ledger import integrity, queries, requesting, tasks
from ledger.models import Job
from loopgrid_site.celery import app

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def worker():
    app.control.purge()
    with start_worker(app, pool="threads", perform_ping_check=False, shutdown_timeout=20) as one:
        yield one


def done(ledger, run_id, worker):
    """Wait for a run by the worker's own word, not by the clock."""
    app.control.inspect(timeout=1)
    for _ in range(200):
        run = integrity.run_of(ledger, run_id)
        if not run.is_running:
            return run
        app.control.ping(timeout=0.05)
    raise AssertionError("the worker did not do the run")


def test_a_run_that_is_asked_for_is_done_by_a_worker(scene, ledger, agent, worker):
    scene.record()

    run_id = requesting.request_run(ledger, actor=agent).run_id

    run = done(ledger, run_id, worker)
    assert (run.state, run.verdict) == ("succeeded", "intact")
    assert queries.entry(ledger, run.seq).kind == "ledger.verified"


def test_without_a_broker_the_run_waits_and_the_request_is_answered(ledger, agent, monkeypatch):
    def no_broker(*_args, **_kwargs):
        raise OperationalError("connection refused")

    monkeypatch.setattr(app, "send_task", no_broker)

    run_id = requesting.request_run(ledger, actor=agent).run_id

    assert Job.objects.get(job_id=run_id).state == "queued"


def test_every_task_of_the_schedule_exists():
    scheduled = {row["task"] for row in app.conf.beat_schedule.values()}

    assert scheduled <= set(app.tasks)


def test_every_kind_of_job_has_a_task():
    assert set(tasks.TASKS.values()) <= set(app.tasks)
