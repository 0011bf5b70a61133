"""The one writer: where it refuses, nothing is written."""

from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import datetime, timedelta

import psycopg
import pytest
from django.db import connection, transaction
from loopgrid_proof.errors import Fault
from loopgrid_proof.headers import NewEntry

from accounts import actors
from accounts.actors import Actor
from ledger import append, queries
from ledger.append import Draft, grouping, locking
from ledger.errors import ClockDisagrees, Conflict, Unavailable
from ledger.queries import LedgerRef
from tests.faults.starting import database_url
from tests.support.cast import Scene, clock


def _size(ledger: LedgerRef) -> int:
    end = queries.end_of(ledger)
    assert end is not None
    return end.size


@pytest.mark.parametrize("hours", [-1, 1])
def test_a_database_clock_that_is_off_writes_nothing(
    scene: Scene, monkeypatch: pytest.MonkeyPatch, hours: int
) -> None:
    monkeypatch.setattr(locking, "database_clock", lambda now: now + timedelta(hours=hours))

    with pytest.raises(ClockDisagrees):
        scene.record()

    assert _size(scene.ledger) == 1


def test_a_small_step_back_of_the_clock_never_turns_the_ledger_back(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = scene.record().appended.header
    monkeypatch.setattr(locking, "database_clock", lambda now: now - timedelta(seconds=3))

    second = scene.record().appended.header

    assert second.t == first.t


def test_an_entry_outside_an_act_is_refused(ledger: LedgerRef) -> None:
    with pytest.raises(append.OutsideAct):
        append.hold(ledger, clock=clock)


def test_an_entry_that_would_not_stand_is_not_written(ledger: LedgerRef) -> None:
    entry = NewEntry("ledger.heartbeat", actors.LOCAL.header())

    with pytest.raises(Fault) as fault, transaction.atomic():
        append.append_entries(append.hold(ledger, clock=clock), [Draft(entry)])

    assert fault.value.code == "E_WRITER"
    assert _size(ledger) == 1


@pytest.mark.damages
def test_a_closed_ledger_takes_nothing(scene: Scene) -> None:
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_ledger SET state = 'closed' WHERE ledger_id = %s",
            [scene.ledger.ledger_id],
        )

    with pytest.raises(Conflict):
        scene.record()

    assert _size(scene.ledger) == 1


def test_a_lock_that_is_never_let_go_is_unavailable(
    scene: Scene, monkeypatch: pytest.MonkeyPatch
) -> None:
    short = locking.LIMITS.replace("'lock_timeout', '5s'", "'lock_timeout', '100ms'")
    monkeypatch.setattr(grouping, "LIMITS", short)
    key = locking._lock_key(scene.ledger)
    with psycopg.connect(database_url()) as other:
        other.execute("SELECT pg_advisory_xact_lock(%s)", (key,))

        with pytest.raises(Unavailable):
            scene.record()

    assert scene.record().appended.header.seq == 1


def test_a_flush_that_fails_acknowledges_nothing_and_doubles_nothing(
    ledger: LedgerRef, agent: Actor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(grouping, "FLUSH", "SELECT 1/0")
    start = threading.Barrier(12)

    def write(_number: int) -> str:
        start.wait()
        try:
            Scene(ledger, agent).record()
        except Unavailable:
            return "not acknowledged"
        finally:
            connection.close()
        return "acknowledged"

    with ThreadPoolExecutor(12) as writers:
        answers = set(writers.map(write, range(12)))

    assert answers == {"not acknowledged"}
    assert _size(ledger) == 1 + 12


def test_a_lost_connection_is_unavailable_and_the_next_request_reconnects(scene: Scene) -> None:
    scene.record()
    with psycopg.connect(database_url(), autocommit=True) as other:
        mine = locking.raw_connection().info.backend_pid
        other.execute("SELECT pg_terminate_backend(%s, 5000)", (mine,))

    with pytest.raises(Unavailable):
        scene.record()

    assert scene.record().appended.header.seq == 2


def test_every_entry_carries_a_mac_that_the_database_cannot_make(scene: Scene) -> None:
    recorded = scene.record()

    mac, key = append.admission_mac(recorded.appended.header.leaf)

    assert (recorded.appended.mac, recorded.appended.mac_key) == (mac, key)


def test_times_are_written_with_six_digits() -> None:
    assert append.write_time(datetime.fromisoformat("2026-11-24T10:00:00+02:00")) == (
        "2026-11-24T08:00:00.000000Z"
    )
