"""What probes are told, and by whom a process is taken out of service."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from ledger.models import Heartbeat
from loopgrid_site import health

pytestmark = pytest.mark.django_db


def test_health_says_name_and_version_as_ever(client: Client) -> None:
    answer = client.get("/health")

    assert answer.json() == {"status": "healthy", "version": "1.0.0", "service": "loopgrid"}


@pytest.mark.django_db(databases=[])
def test_liveness_asks_nobody(client: Client) -> None:
    assert client.get("/health/live").status_code == 200


def test_readiness_names_every_part(client: Client) -> None:
    answer = client.get("/health/ready")

    assert answer.status_code == 200
    assert set(answer.json()) == {
        "database",
        "migrations",
        "recovery",
        "broker",
        "worker_heartbeat",
        "beat_heartbeat",
        "notary_heartbeat",
        "roles",
    }


def test_a_silent_worker_is_reported_and_recording_goes_on(client: Client) -> None:
    now = timezone.now()
    Heartbeat.objects.all().delete()
    Heartbeat.objects.create(name="beat", seen_at=now)
    Heartbeat.objects.create(name="worker", seen_at=now - timedelta(minutes=5))

    answer = client.get("/health/ready")

    found = {name: answer.json()[f"{name}_heartbeat"] for name in ("worker", "beat", "notary")}
    assert answer.status_code == 200
    assert found == {"worker": "stale", "beat": "ok", "notary": "failing"}


def test_a_missing_migration_takes_the_process_out(
    client: Client, monkeypatch: pytest.MonkeyPatch
) -> None:
    wanted = frozenset({("ledger", "9999_from_a_later_version")})
    monkeypatch.setattr(health, "wanted_migrations", lambda: wanted)

    answer = client.get("/health/ready")

    assert (answer.status_code, answer.json()["migrations"]) == (503, "failing")


def test_a_superuser_is_too_mighty_for_the_web_process(client: Client) -> None:
    assert client.get("/health/ready").json()["roles"] == "failing"


def test_probes_read_without_a_body(client: Client) -> None:
    assert client.head("/health/ready").status_code == 200
    assert client.post("/health/ready").status_code == 405
