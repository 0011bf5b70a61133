"""The health check of the processes that have no port."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from ledger.models import Heartbeat

pytestmark = pytest.mark.django_db


def test_a_process_that_was_seen_lately_is_well(capsys):
    Heartbeat.objects.update_or_create(name="notary", defaults={"seen_at": timezone.now()})

    call_command("heartbeat_ok", "notary")

    assert capsys.readouterr().out.startswith("notary: 2")


@pytest.mark.parametrize("age", [timedelta(minutes=2), None])
def test_a_silent_process_is_not(age):
    Heartbeat.objects.filter(name="beat").delete()
    if age is not None:
        Heartbeat.objects.create(name="beat", seen_at=timezone.now() - age)

    with pytest.raises(SystemExit, match="1"):
        call_command("heartbeat_ok", "beat")


def test_the_notary_says_that_it_lives(desk):
    Heartbeat.objects.filter(name="notary").delete()

    desk.look()

    call_command("heartbeat_ok", "notary")
