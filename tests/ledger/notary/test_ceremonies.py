"""Ceremonies apply only where they are meant to, and leave an entry behind."""

from __future__ import annotations

import json

import pytest
from loopgrid_proof.notes import check_checkpoint, parse_note, parse_vkey

from ledger import queries, serving
from ledger.models import Entry
from ledger.notary import ceremonies
from ledger.notary.errors import CeremonyRefused
from ledger.notary.locks import turn
from tests.ledger.notary.test_crashes import assert_one_history
from tests.ledger.notary.test_refusals import REWRITTEN, UNADMITTED
from tests.support.notary import without_guards


@pytest.fixture
def signed(desk, record):
    record()
    assert desk.look() is None
    return desk


def hold(desk, ceremony, **options):
    desk.start()
    said = ceremonies.hold(desk.notary, ceremony, {"origin": desk.ledger.origin, **options})
    desk.start()
    return said


def last_entry(desk):
    return queries.entry(desk.ledger, queries.end_of(desk.ledger).seq)


def test_a_moved_folder_is_adopted(signed):
    signed.start(host="0" * 64).books.clear()
    moved = signed.look()
    ceremonies.hold(signed.notary, "adopt", {"origin": signed.ledger.origin})

    assert (moved, signed.look()) == ("N_STATE", None)
    assert last_entry(signed).facts["area"] == "notary"
    assert_one_history(signed)


def test_a_folder_of_this_host_is_not_adopted(signed):
    with pytest.raises(CeremonyRefused):
        hold(signed, "adopt")


@pytest.mark.damages
def test_a_moved_folder_that_the_database_contradicts_is_not_adopted(signed, superuser):
    superuser(REWRITTEN)
    signed.start(host="0" * 64)

    with pytest.raises(Exception, match="N_TAIL_CHANGED"):
        ceremonies.hold(signed.notary, "adopt", {"origin": signed.ledger.origin})


def test_a_lost_state_is_rebuilt_with_a_note_kept_outside(signed, record, tmp_path):
    held = tmp_path / "held"
    held.write_bytes(signed.published()[0])
    record()
    signed.look()
    (signed.memory.folder / "state").unlink()

    hold(signed, "rebuild", held=str(held))
    record()

    assert signed.look() is None
    assert [one.size for one in serving.checkpoints_before(signed.ledger, None, limit=9)] == [
        6,
        5,
        4,
        3,
    ]
    assert last_entry(signed).kind == "decision.recorded"


@pytest.mark.damages
def test_nothing_is_rebuilt_against_the_note_kept_outside(signed, superuser, tmp_path):
    held = tmp_path / "held"
    held.write_bytes(signed.published()[0])
    superuser(REWRITTEN)
    (signed.memory.folder / "state").unlink()

    with pytest.raises(Exception, match="N_ENTRY"):
        hold(signed, "rebuild", held=str(held))

    assert signed.memory.read_state() is None


def test_nothing_is_rebuilt_when_checkpoints_are_missing(signed, record, tmp_path):
    record()
    signed.look()
    held = tmp_path / "held"
    held.write_bytes(signed.published()[1].replace(b"\n4\n", b"\n9\n"))
    (signed.memory.folder / "state").unlink()

    with pytest.raises(CeremonyRefused, match="E_SIG"):
        hold(signed, "rebuild", held=str(held))


@pytest.mark.damages
def test_nothing_is_rebuilt_when_our_own_log_knows_of_more(signed, record, tmp_path):
    held = tmp_path / "held"
    held.write_bytes(signed.published()[0])
    record()
    signed.look()
    (signed.memory.folder / "state").unlink()
    with without_guards("ledger_checkpoint") as cursor:
        cursor.execute(
            "DELETE FROM ledger_checkpoint WHERE size = 4 AND ledger_id = %s",
            [signed.ledger.ledger_id],
        )

    with pytest.raises(CeremonyRefused, match="no checkpoint as large"):
        hold(signed, "rebuild", held=str(held))


def test_a_readable_state_is_not_rebuilt(signed, tmp_path):
    held = tmp_path / "held"
    held.write_bytes(signed.published()[0])

    with pytest.raises(CeremonyRefused):
        hold(signed, "rebuild", held=str(held))


def test_entries_without_admission_are_signed_over_once_they_are_disowned(
    signed, superuser, record
):
    record()
    superuser(UNADMITTED)
    before = signed.look()

    hold(signed, "disown", entries=[3], grounds="Written by hand in an emergency.")

    assert (before, signed.look()) == ("N_ADMISSION", None)
    disowned = last_entry(signed)
    assert (disowned.kind, disowned.refs["entries"]) == ("ledger.disowned", [3])
    assert Entry.objects.filter(ledger_id=signed.ledger.ledger_id, seq=3).exists()
    assert_one_history(signed)


@pytest.mark.parametrize("named", [[2], [3, 4], [1, 3]])
@pytest.mark.damages
def test_only_the_entries_without_admission_can_be_disowned(signed, superuser, record, named):
    record()
    superuser(UNADMITTED)
    record()

    with pytest.raises(CeremonyRefused, match="#3"):
        hold(signed, "disown", entries=named, grounds="A slip.")

    assert last_entry(signed).kind == "decision.recorded"


def test_both_keys_sign_while_a_key_is_rotated(signed, record):
    hold(signed, "rotate-key")
    record()
    signed.look()

    first, second = serving.verifier_keys(signed.ledger)
    note = parse_note(signed.published()[-1])
    assert len(note.signatures) == 2
    for key in (first, second):
        trusted = [parse_vkey(key.vkey)]
        assert check_checkpoint(
            signed.published()[-1], origin=signed.ledger.origin, trusted=trusted
        )


def test_a_retired_key_signs_no_longer_and_its_secret_is_gone(signed, record):
    hold(signed, "rotate-key")
    first, second = serving.verifier_keys(signed.ledger)

    hold(signed, "retire-key", vkey=first.vkey)
    record()

    assert signed.look() is None
    note = parse_note(signed.published()[-1])
    assert [line.key_id for line in note.signatures] == [parse_vkey(second.vkey).key_id]
    assert (signed.memory.folder / "key").read_bytes().count(b"\n") == 1
    assert serving.verifier_keys(signed.ledger)[0].until is not None
    assert_history_under_both(signed, [first, second])


def assert_history_under_both(desk, keys):
    trusted = [parse_vkey(key.vkey) for key in keys]
    for note in desk.published():
        checkpoint = check_checkpoint(note, origin=desk.ledger.origin, trusted=trusted)
        serving.consistency_proof(desk.ledger, checkpoint.size)


def test_the_only_key_cannot_be_retired(signed):
    (key,) = serving.verifier_keys(signed.ledger)

    with pytest.raises(CeremonyRefused):
        hold(signed, "retire-key", vkey=key.vkey)


def test_a_running_notary_steps_aside_for_a_ceremony_and_comes_back(signed, record):
    first = signed.notary
    with turn(signed.folder):
        aside = first.may_look()
        signed.notary = None
        hold(signed, "rotate-key")
        signed.stop()
    record()
    signed.notary = first

    assert (aside, first.may_look(), signed.look()) == (False, True, None)
    assert len(parse_note(signed.published()[-1]).signatures) == 2
    assert [row.vkey for row in serving.verifier_keys(signed.ledger)] == [
        use.vkey for use in signed.memory.read_state().keys
    ]


def test_only_one_ceremony_is_held_at_a_time(signed):
    with turn(signed.folder), pytest.raises(CeremonyRefused), turn(signed.folder):
        pass


def test_a_ceremony_for_no_ledger_is_refused(desk):
    with pytest.raises(CeremonyRefused):
        ceremonies.hold(desk.start(), "adopt", {"origin": "test.example/nobody"})


def test_what_a_ceremony_leaves_says_who_held_it(signed, tmp_path):
    hold(signed, "rotate-key")
    state = json.loads((signed.memory.folder / "state").read_bytes())

    assert [use[0] for use in state["keys"]] == [
        key.vkey for key in serving.verifier_keys(signed.ledger)
    ]
