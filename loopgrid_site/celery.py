"""The Celery application: a message only wakes a worker, the row in PostgreSQL is the truth."""

from __future__ import annotations

from datetime import timedelta

from celery import Celery
from django.conf import settings

from loopgrid_site import env
from loopgrid_site.beat import WorkerHeartbeat

# Before the application is made: it looks whether there is a Django to set up.
env.choose_settings()
app = Celery("loopgrid")
app.conf.update(
    broker_url=settings.BROKER_URL,
    broker_connection_retry_on_startup=True,
    broker_connection_timeout=4,
    # Longer than every time limit, or a running task would be started a second time.
    broker_transport_options={"visibility_timeout": 7200},
    result_backend=None,
    task_ignore_result=True,
    task_acks_late=True,
    task_reject_on_worker_lost=True,
    worker_prefetch_multiplier=1,
    task_time_limit=660,
    task_soft_time_limit=600,
    worker_max_tasks_per_child=200,
    worker_max_memory_per_child=600_000,
    task_publish_retry_policy={"max_retries": 1, "interval_start": 0.2},
    task_serializer="json",
    accept_content=["json"],
    worker_soft_shutdown_timeout=5.0,
    worker_cancel_long_running_tasks_on_connection_loss=False,
    task_default_queue="default",
    timezone="UTC",
    enable_utc=True,
    beat_scheduler="loopgrid_site.beat:Scheduler",
    # Which ledger needs which run is decided by rows, so a laptop that sleeps misses nothing.
    beat_schedule={
        "catch-up": {"task": "ledger.catch_up", "schedule": 5.0, "options": {"expires": 15}},
        "sweep": {"task": "ledger.wake_waiting", "schedule": 30.0, "options": {"expires": 60}},
        "verify": {"task": "ledger.request_due_runs", "schedule": timedelta(hours=1)},
        "forget-keys": {"task": "ledger.forget_expired_keys", "schedule": timedelta(hours=1)},
    },
)
app.steps["worker"].add(WorkerHeartbeat)
app.autodiscover_tasks()
