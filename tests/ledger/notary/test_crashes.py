"""A notary killed at any step goes on with one history: nothing lost, nothing signed twice."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection
from loopgrid_proof.merkle import root_of
from loopgrid_proof.notes import check_checkpoint, parse_vkey

from ledger import serving
from ledger.models import Entry
from ledger.notary import keys, signing
from tests.ledger.notary.dying import STEPS

PROJECT = Path(__file__).resolve().parents[3]
SCRIPT = Path(__file__).with_name("dying.py")


def database_url() -> str:
    """Return the test's database as the notary's own role, where the server lets us be it."""
    named = settings.DATABASES["default"]
    host, name = named["HOST"], connection.settings_dict["NAME"]
    if host.startswith("/"):
        return f"postgresql://loopgrid_notary@/{name}?host={host}&port={named['PORT'] or 5432}"
    user = f"{named['USER']}:{named['PASSWORD']}"
    return f"postgresql://{user}@{host}:{named['PORT'] or 5432}/{name}"


def launch(desk, step: str, manner: str, *, url: str = "") -> subprocess.Popen[str]:
    environment = os.environ | {
        "DATABASE_URL": url or database_url(),
        "LOOPGRID_NOTARY_DIR": str(desk.folder),
        "PYTHONPATH": str(PROJECT),
    }
    return subprocess.Popen(
        [sys.executable, str(SCRIPT), desk.ledger.origin, step, manner],
        env=environment,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=PROJECT,
    )


def killed_after(desk, step: str) -> None:
    desk.stop()
    status, complaints = ended(launch(desk, step, "kill"))
    assert status == -signal.SIGKILL, complaints


def ended(child: subprocess.Popen[str]) -> tuple[int, str]:
    """Wait for a process and return its status and what it complained about."""
    try:
        complaints = child.communicate(timeout=30)[1]
    except subprocess.TimeoutExpired:
        child.kill()
        complaints = child.communicate()[1]
    return child.returncode, complaints


def expected_note(desk, size: int) -> bytes:
    """Return the note that a notary which never died would have signed."""
    state = desk.memory.read_state()
    known = keys.read_keys(desk.memory.key_path, origin=desk.ledger.origin, disk=desk.memory.disk)
    rows = Entry.objects.filter(ledger_id=desk.ledger.ledger_id, seq__lt=size).order_by("seq")
    leaves = [bytes(row) for row in rows.values_list("leaf_hash", flat=True)]
    head = type(state.head)(size, root_of(leaves), ())
    return signing.sign_checkpoint(
        desk.ledger.origin, head, signing.active_signers(known, state.keys, size=size)
    )


def sizes_of(notes) -> list[int]:
    return [int(note.split(b"\n")[1]) for note in notes]


def assert_one_history(desk) -> None:
    """Every published note is in the log, is what was to be signed, and continues the others."""
    published = desk.published()
    assert list(desk.memory.notes()) == published
    assert published == [expected_note(desk, size) for size in sizes_of(published)]
    trusted = [parse_vkey(key.vkey) for key in serving.verifier_keys(desk.ledger)]
    for note in published:
        checkpoint = check_checkpoint(note, origin=desk.ledger.origin, trusted=trusted)
        serving.consistency_proof(desk.ledger, checkpoint.size)


@pytest.mark.parametrize("step", STEPS)
def test_killed_after_a_step_the_next_notary_finishes_it(desk, record, step):
    record()
    desk.look()
    record()
    killed_after(desk, step)
    record()

    alarms = [desk.look(), desk.look()]

    assert alarms == [None, None]
    assert sizes_of(desk.published()) in ([3, 5], [3, 4, 5])
    assert_one_history(desk)


@pytest.mark.parametrize("step", ["keep alive", "read", "intend", "log", "promote", "publish"])
def test_killed_during_its_first_checkpoint_it_announces_one_key(desk, record, step):
    record()
    killed_after(desk, step)

    alarm = desk.look()

    kinds = Entry.objects.filter(ledger_id=desk.ledger.ledger_id, kind="key.added")
    assert (alarm, kinds.count(), sizes_of(desk.published())) == (None, 1, [3])
    assert_one_history(desk)


def test_killed_twice_at_the_same_place_it_still_finishes(desk, record):
    record()
    desk.look()
    record()
    killed_after(desk, "intend")
    killed_after(desk, "log")

    assert desk.look() is None
    assert sizes_of(desk.published()) == [3, 4]
    assert_one_history(desk)


@pytest.mark.parametrize("step", ["intend", "log"])
@pytest.mark.damages
def test_an_entry_changed_between_kill_and_start_is_not_signed(desk, record, superuser, step):
    record()
    desk.look()
    record()
    killed_after(desk, step)
    superuser(
        "UPDATE ledger_entry SET leaf = replace(convert_from(leaf, 'UTF8'), 'gpt-4', 'gpt-5')"
        "::bytea WHERE seq = 3 AND ledger_id = %(ledger)s"
    )

    assert desk.look() == "N_SUFFIX_CHANGED"
    assert sizes_of(desk.published()) == [3]


@pytest.mark.damages
def test_entries_lost_between_kill_and_start_are_missed(desk, record, superuser):
    record()
    desk.look()
    record()
    killed_after(desk, "intend")
    superuser("DELETE FROM ledger_entry WHERE seq = 3 AND ledger_id = %(ledger)s")

    assert desk.look() == "N_ROLLBACK"


def test_a_notary_signs_as_its_own_role_and_stops_when_asked(desk, record):
    record()
    child = launch(desk, "publish", "say")
    reached = child.stdout.readline()
    child.send_signal(signal.SIGTERM)
    status, complaints = ended(child)

    assert (reached, status) == ("reached\n", 0), complaints
    assert desk.look() is None
    assert_one_history(desk)


def test_a_second_notary_process_ends_with_a_status_of_its_own(desk, record):
    desk.look()

    status, complaints = ended(launch(desk, "publish", "say"))

    assert status == 3
    assert "N_SPLIT" in complaints
