"""What is served leads to a signed checkpoint, or is not served."""

from __future__ import annotations

import pytest
from django.db import connection
from loopgrid_proof import merkle
from loopgrid_proof.notes import parse_vkey
from loopgrid_proof.receipts import check_receipt

from ledger import serving
from ledger.content import slice_members, split_parts
from ledger.errors import NotFound, NotSealed, ProofFailed
from ledger.models import Entry, Tile
from ledger.recording import BatchItem, record_decisions
from tests.support.cast import body, clock


@pytest.fixture
def grow(ledger, agent):
    """Record many decisions at once."""

    def record_many(count: int) -> None:
        items = [BatchItem(split_parts(slice_members(body(input={"n": n})))) for n in range(count)]
        record_decisions(ledger, items, actor=agent, clock=clock)

    return record_many


def leaf_hashes(ledger):
    rows = Entry.objects.filter(ledger_id=ledger.ledger_id).order_by("seq")
    return [bytes(row) for row in rows.values_list("leaf_hash", flat=True)]


def test_every_entry_is_proven_under_every_checkpoint(desk, ledger, grow):
    grow(3)
    desk.look()
    grow(6)
    desk.look()
    for checkpoint in serving.checkpoints_before(ledger, None, limit=10):
        for seq in range(checkpoint.size):
            proof = serving.inclusion_proof(ledger, seq, checkpoint=checkpoint)

            merkle.check_inclusion(
                proof.leaf_hash,
                index=seq,
                size=checkpoint.size,
                path=proof.path,
                root=checkpoint.root,
            )


def test_proofs_cross_tiles(desk, ledger, grow):
    grow(300)
    desk.look()
    small = serving.newest_checkpoint(ledger)
    grow(500)
    desk.look()

    proofs = [serving.inclusion_proof(ledger, seq) for seq in (0, 255, 256, 511, 600, 801)]
    consistency = serving.consistency_proof(ledger, small.size)

    assert {proof.checkpoint.size for proof in proofs} == {802}
    assert consistency.old_root == small.root
    assert Tile.objects.filter(ledger_id=ledger.ledger_id).count() == 3


def test_a_proof_reads_tiles_and_not_the_whole_ledger(
    desk, ledger, grow, django_assert_max_num_queries
):
    grow(800)
    desk.look()

    with django_assert_max_num_queries(8) as queries:
        serving.inclusion_proof(ledger, 700)

    assert not any('seq" >= 0 ' in query["sql"] for query in queries.captured_queries)


def test_proofs_are_the_same_before_tiles_are_written(desk, ledger, grow):
    grow(600)
    desk.look()
    with_tiles = serving.inclusion_proof(ledger, 5)
    with connection.cursor() as cursor:
        cursor.execute("DELETE FROM ledger_tile WHERE ledger_id = %s", [ledger.ledger_id])

    without = serving.inclusion_proof(ledger, 5)

    assert without == with_tiles


@pytest.mark.damages
def test_a_false_tile_gives_no_proof(desk, ledger, grow):
    grow(600)
    desk.look()
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE ledger_tile SET hashes = set_byte(hashes, 40, 255 - get_byte(hashes, 40))"
            " WHERE ledger_id = %s AND n = 0",
            [ledger.ledger_id],
        )

    with pytest.raises(ProofFailed):
        serving.inclusion_proof(ledger, 0)


def test_a_consistency_proof_leads_from_any_size(desk, ledger, grow):
    grow(20)
    desk.look()
    newest = serving.newest_checkpoint(ledger)

    for size in range(newest.size + 1):
        proof = serving.consistency_proof(ledger, size)

        assert proof.old_root == merkle.root_of(leaf_hashes(ledger)[:size])


def test_a_receipt_convinces_somebody_who_has_the_key_alone(desk, ledger, record):
    recorded = record()
    desk.look()
    key = parse_vkey(serving.verifier_keys(ledger)[0].vkey)

    text = serving.receipt_of(ledger, recorded.appended.header.seq).text()

    checked = check_receipt(text, trusted=[key], origin=ledger.origin)
    assert checked.header.rec == recorded.decision_id


def test_before_the_seal_a_receipt_has_no_proof(desk, ledger, record):
    desk.look()
    recorded = record()

    receipt = serving.receipt_of(ledger, recorded.appended.header.seq)

    assert receipt.proof is None
    with pytest.raises(NotSealed):
        receipt.text()


def test_nothing_is_served_beyond_the_newest_checkpoint(desk, ledger, record):
    record()
    desk.look()
    size = serving.newest_checkpoint(ledger).size
    record()

    tile = serving.hash_tile(ledger, 0, 0, width=size)

    assert merkle.split_tile(tile) == leaf_hashes(ledger)[:size]
    for reader in (
        lambda: serving.hash_tile(ledger, 0, 0, width=size + 1),
        lambda: serving.entry_bundle(ledger, 0, width=size + 1),
        lambda: serving.hash_tile(ledger, 1, 0, width=1),
    ):
        with pytest.raises(NotFound):
            reader()


def test_an_entry_bundle_holds_the_exact_leaves(desk, ledger, record):
    record()
    desk.look()

    leaves = merkle.decode_bundle(serving.entry_bundle(ledger, 0, width=3))

    assert [merkle.root_of([]), len(leaves)] == [merkle.root_of([]), 3]
    rows = Entry.objects.filter(ledger_id=ledger.ledger_id).order_by("seq")
    assert leaves == [bytes(row) for row in rows.values_list("leaf", flat=True)]


def test_the_standing_says_how_long_entries_wait(desk, ledger, record):
    desk.look()
    recorded = record()

    standing = serving.standing_of(ledger)

    assert (standing.end.size, standing.sealed_size) == (3, 2)
    assert standing.unsealed_since == recorded.appended.at
    assert [(key.added, key.until) for key in standing.keys] == [(1, None)]


def test_another_workspace_has_no_such_log(ledger):
    name = ledger.origin.partition("/")[2]
    own = serving.ledger_named(ledger.workspace_id, name)

    assert own == ledger
    with pytest.raises(NotFound):
        serving.ledger_named(ledger.ledger_id, name)
