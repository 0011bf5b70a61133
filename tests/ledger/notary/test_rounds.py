"""What a round promises: everything new is checked, signed once, and published last."""

from __future__ import annotations

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from loopgrid_proof.merkle import root_of
from loopgrid_proof.notes import check_checkpoint, parse_note, parse_vkey

from ledger import serving
from ledger.models import Entry


def leaf_hashes(ledger):
    rows = Entry.objects.filter(ledger_id=ledger.ledger_id).order_by("seq")
    return [bytes(row) for row in rows.values_list("leaf_hash", flat=True)]


def test_the_first_round_announces_a_key_and_signs_what_is_there(desk, record):
    record()

    alarm = desk.look()

    kinds = Entry.objects.filter(ledger_id=desk.ledger.ledger_id).order_by("seq")
    assert alarm is None
    assert list(kinds.values_list("kind", flat=True))[-1] == "key.added"
    assert (desk.newest().size, desk.newest().root) == (3, root_of(leaf_hashes(desk.ledger)))


def test_a_checkpoint_is_signed_by_the_key_that_the_ledger_names(desk, record):
    record()
    desk.look()
    key = parse_vkey(serving.verifier_keys(desk.ledger)[0].vkey)

    checkpoint = check_checkpoint(desk.published()[-1], origin=desk.ledger.origin, trusted=[key])

    note = parse_note(desk.published()[-1])
    Ed25519PublicKey.from_public_bytes(key.public_key).verify(
        note.signatures[0].signature, note.body
    )
    assert checkpoint.size == 3


def test_each_look_signs_what_was_added_and_nothing_twice(desk, record):
    desk.look()
    record()
    desk.look()
    desk.look()
    record()
    desk.look()

    assert [parse_size(note) for note in desk.published()] == [2, 3, 4]
    assert list(desk.memory.notes()) == desk.published()


def parse_size(note):
    return int(note.split(b"\n")[1])
