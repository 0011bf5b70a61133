"""What the notary does not sign over, and that it signs again once the cause is repaired."""

from __future__ import annotations

import threading
from datetime import timedelta

import pytest
from django.conf import settings
from django.db import connection

from ledger.models import Entry, NotaryState
from ledger.notary.errors import MustStop
from tests.support.cast import make_workspace
from tests.support.notary import without_guards

ROW = """WHERE ledger_id = %(ledger)s
  AND seq = (SELECT max(seq) FROM ledger_entry WHERE ledger_id = %(ledger)s)"""
DELETED = "DELETE FROM ledger_entry " + ROW  # noqa: S608  our own constant
UNADMITTED = "UPDATE ledger_entry SET mac = sha256(mac) " + ROW  # noqa: S608
FORGED = (
    "INSERT INTO ledger_entry (ledger_id, seq, leaf, leaf_hash, prev_hash, kind, t, mac, mac_key)"  # noqa: S608
    " SELECT ledger_id, seq + 1, leaf, leaf_hash, prev_hash, kind, t, mac, mac_key"
    " FROM ledger_entry " + ROW
)
REWRITTEN = (
    "UPDATE ledger_entry SET leaf = leaf || ' ',"  # noqa: S608
    " leaf_hash = sha256('\\x00'::bytea || leaf || ' ') " + ROW
)
LEAF_ALONE = "UPDATE ledger_entry SET leaf = leaf || ' ' " + ROW  # noqa: S608


@pytest.fixture
def signed(desk, record):
    """A ledger of three signed entries."""
    record()
    assert desk.look() is None
    return desk


@pytest.mark.damages
def test_a_shorter_database_is_not_signed(signed, superuser):
    superuser(DELETED)

    assert signed.look() == "N_ROLLBACK"


@pytest.mark.damages
def test_a_restored_older_database_that_grew_again_is_not_signed(signed, superuser, record):
    superuser(DELETED)
    record()
    same_size = signed.look()
    record()

    assert (same_size, signed.look()) == ("N_TAIL_CHANGED", "N_TAIL_CHANGED")
    assert len(signed.published()) == 1


@pytest.mark.damages
def test_a_ledger_that_vanished_is_missed(signed, superuser):
    with without_guards("ledger_ledger") as cursor:
        cursor.execute("DELETE FROM ledger_ledger WHERE ledger_id = %s", [signed.ledger.ledger_id])

    running = signed.look()
    signed.start()

    assert (running, signed.look()) == ("N_ROLLBACK", "N_ROLLBACK")


@pytest.mark.damages
def test_a_rewritten_signed_entry_is_noticed_when_it_is_the_last(signed, superuser):
    superuser(REWRITTEN)

    assert signed.look() == "N_TAIL_CHANGED"


@pytest.mark.damages
def test_a_leaf_changed_beside_its_hash_is_noticed_with_the_next_entry(signed, superuser, record):
    superuser(LEAF_ALONE)
    record()

    assert signed.look() == "N_TAIL_CHANGED"


@pytest.mark.damages
def test_an_entry_that_nobody_admitted_is_never_signed(signed, superuser, record):
    record()
    superuser(UNADMITTED)
    record()

    alarms = {signed.look() for _ in range(3)}

    assert alarms == {"N_ADMISSION"}
    assert len(signed.published()) == 1


def test_an_unknown_admission_key_disowns_nothing_and_heals_when_it_is_given(signed, record):
    other = {7: b"k" * 32}
    signed.start(admission_keys=other)
    record()
    before = signed.look()

    signed.start(admission_keys=other | settings.ADMISSION_KEYS)

    assert (before, signed.look()) == ("N_ADMISSION", None)


@pytest.mark.damages
def test_a_genuine_entry_at_another_place_is_not_signed(signed, superuser, record):
    record()
    superuser(FORGED)

    assert signed.look() == "N_ENTRY"


@pytest.mark.damages
def test_one_bad_ledger_does_not_stop_another(signed, superuser, record):
    good = make_workspace("good")
    signed.notary.only |= {good.ledger.origin}
    superuser(DELETED)

    alarm = signed.look()

    other = NotaryState.objects.get(ledger_id=good.ledger.ledger_id)
    assert (alarm, other.alarm, other.size) == ("N_ROLLBACK", None, 2)


@pytest.mark.damages
def test_recording_goes_on_under_an_alarm(signed, superuser, record):
    record()
    superuser(UNADMITTED)
    signed.look()

    recorded = record()

    assert Entry.objects.filter(ledger_id=signed.ledger.ledger_id, seq=recorded.appended.header.seq)


def test_the_notary_waits_for_clocks_to_agree(signed, record):
    record()
    signed.watch.ahead = timedelta(hours=-1)
    behind = signed.look()
    signed.watch.ahead = timedelta()

    assert (behind, signed.look()) == ("N_CLOCK", None)
    assert signed.newest().size == 4


def test_a_notary_whose_clock_is_ahead_makes_no_heartbeat(signed):
    signed.watch.ahead = timedelta(hours=1)
    ahead = signed.look()
    signed.watch.ahead = timedelta()

    assert (ahead, signed.look()) == ("N_CLOCK", None)


def test_an_idle_ledger_gets_a_heartbeat(signed):
    # Nine seconds are within what clocks may differ by, and more than this ledger's pause.
    signed.notary.books.clear()
    state = signed.memory.read_state()
    signed.memory.write_state(type(state)(**{**fields_of(state), "heartbeat_seconds": 5}))
    signed.watch.ahead = timedelta(seconds=9)

    alarm = signed.look()

    last = Entry.objects.filter(ledger_id=signed.ledger.ledger_id).order_by("-seq").first()
    assert (alarm, last.kind) == (None, "ledger.heartbeat")
    assert signed.newest().size == 4


def fields_of(state):
    return {name: getattr(state, name) for name in state.__slots__}


@pytest.mark.damages
def test_another_checkpoint_of_the_same_size_is_a_split(signed, superuser, record):
    record()
    note = signed.published()[-1].replace(b"\n3\n", b"\n4\n")
    with connection.cursor() as cursor:
        cursor.execute(
            "INSERT INTO ledger_checkpoint VALUES (%s, 4, %s)", [signed.ledger.ledger_id, note]
        )

    assert signed.look() == "N_SPLIT"


def test_a_second_notary_in_the_same_folder_stops(signed):
    first = signed.notary
    signed.notary = None
    try:
        with pytest.raises(MustStop, match="N_SPLIT"):
            signed.start()
    finally:
        first.close()


def test_a_second_notary_with_a_copy_of_the_folder_stops(signed, tmp_path):
    raised = []

    def second():
        signed.notary = None
        signed.folder = tmp_path / "copy"
        try:
            signed.start().look()
        except MustStop as stop:
            raised.append(stop.code)
        finally:
            signed.stop()
            connection.close()

    first = signed.notary
    thread = threading.Thread(target=second)
    thread.start()
    thread.join()
    first.close()

    assert raised == ["N_SPLIT"]
