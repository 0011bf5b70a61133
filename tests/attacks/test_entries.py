"""Entries changed, deleted, swapped and inserted: plainly, re-chained, signed by another key."""

from __future__ import annotations

import json

import pytest
from loopgrid_proof import canonical

from ledger import integrity
from ledger.notary import ceremonies
from tests.attacks.vault import VICTIM, Foreign, Vault, linked

pytestmark = pytest.mark.django_db(transaction=True)

FIRST_CHECKPOINT, LAST_CHECKPOINT = 2, 12


def other_model(header):
    header["f"]["mn"] = "gpt-5"


def headers_of(vault: Vault) -> list[dict]:
    return [json.loads(leaf) for leaf in vault.leaves()]


def test_a_changed_entry_is_named_by_the_link_behind_it(vault, expect):
    vault.edit(VICTIM, other_model)

    expect(vault, "change a leaf and its digest", "E_PREV", at=VICTIM, kind="edited")


def test_what_was_expected_and_found_are_the_two_digests(vault):
    vault.edit(VICTIM, other_model)

    finding = integrity.verify_integrity(vault.ledger).finding

    linked_to = json.loads(vault.leaves()[VICTIM + 1])["prev"]
    assert finding is not None
    assert finding.expected == linked_to
    assert finding.found not in {None, linked_to}
    assert finding.last_good_checkpoint == FIRST_CHECKPOINT


def test_the_newest_entry_changed_without_a_link_behind_it_is_found(vault, expect):
    vault.edit(12, other_model)

    expect(vault, "change the newest, unsealed leaf", "E_COLUMN", at=12)


@pytest.mark.parametrize("seq", [0, 1, VICTIM, 11])
def test_a_rechained_history_is_placed_between_two_checkpoints(vault, expect, seq):
    begin, _end = vault.interval_of(seq)

    vault.rewrite(seq, lambda header: header.update(ct="2026-01-01T00:00:00.000000Z"))

    expect(vault, f"change #{seq}, re-chain to the end", "E_ROOT_RANGE", at=begin, kind="rewritten")


def test_a_tile_that_holds_the_old_digest_names_the_entry_in_a_rechained_history(
    long_vault, expect
):
    long_vault.rewrite(333, other_model)

    expect(long_vault, "change #333 of 602, re-chain, tiles stand", "E_ROOT_RANGE", at=333)


def test_a_rechained_history_signed_by_another_key_is_no_signature(vault, expect):
    begin, _end = vault.interval_of(VICTIM)
    vault.rewrite(VICTIM, other_model)

    vault.sign_again(Foreign(vault.ledger.origin))

    expect(vault, "change, re-chain, sign with a foreign key", "E_SIG", at=0)
    assert begin == FIRST_CHECKPOINT


def test_a_foreign_key_that_names_itself_in_the_ledger_forks_the_notarys_memory(vault, expect):
    foreign = Foreign(vault.ledger.origin)
    vault.rewrite(1, lambda header: header["ref"].update(vkey=foreign.vkey))

    vault.sign_again(foreign)

    expect(vault, "change the key entry too, re-chain, re-sign", "E_FORK_VS_HELD", at=0)


def test_a_foreign_key_proves_nothing_where_the_notarys_memory_cannot_be_read(
    vault, expect, settings
):
    settings.NOTARY_DIR = None
    vault.seal()
    foreign = Foreign(vault.ledger.origin)
    vault.rewrite(1, lambda header: header["ref"].update(vkey=foreign.vkey))
    vault.sign_again(foreign)
    rebuild_read_models(vault)

    result = expect(vault, "the same, notary on another host", "U_NO_TRUSTED_KEY", at=None)

    assert result.verdict.value == "unproven"


@pytest.mark.parametrize("seq", [0, 1, VICTIM, 11])
def test_a_deleted_entry_is_a_gap_at_its_number(vault, expect, seq):
    vault.delete(seq)

    expect(vault, f"delete #{seq}", "E_SEQ", at=seq, kind="deleted")


def test_the_older_half_deleted_is_a_gap_from_the_beginning(vault, expect):
    vault.delete(*range(6))

    expect(vault, "delete the older half", "E_SEQ", at=0, kind="deleted")


def test_a_deleted_tail_is_shorter_than_its_checkpoint(vault, expect):
    vault.delete(10, 11, 12)

    expect(vault, "delete the tail, keep checkpoints", "E_TRUNCATED", at=10, kind="truncated")


def test_all_entries_deleted_are_missed(vault, expect):
    vault.delete(*range(13))

    expect(vault, "delete all entries", "E_EMPTY", at=0, kind="truncated")


def test_an_unsealed_decision_deleted_leaves_its_row(vault, expect):
    vault.delete(12)

    expect(vault, "delete the newest, unsealed decision", "E_PROJECTION", at=12)


def test_a_tail_cut_at_an_older_checkpoint_is_seen_by_what_the_notary_keeps(vault, expect):
    cut_at_a_boundary(vault)

    expect(vault, "delete tail and later checkpoints", "E_TRUNCATED_VS_HELD", at=8)


def test_a_tail_cut_at_an_older_checkpoint_is_seen_by_the_notary_itself(vault):
    cut_at_a_boundary(vault)

    assert vault.desk.look() == "N_ROLLBACK"


def test_a_tail_cut_at_a_checkpoint_with_its_rows_is_intact_to_the_database_alone(vault, settings):
    settings.NOTARY_DIR = None
    cut_at_a_boundary(vault)
    rebuild_read_models(vault)
    vault.do("ledger_notary", "UPDATE ledger_notary SET size = 8 WHERE size = 12")

    result = integrity.verify_integrity(vault.ledger)

    # Stated so that nobody claims otherwise: only something outside the database can tell.
    assert result.verdict.value == "intact"


def cut_at_a_boundary(vault: Vault) -> None:
    vault.delete(8, 9, 10, 11, 12)
    vault.do(
        "ledger_checkpoint",
        "DELETE FROM ledger_checkpoint WHERE ledger_id = %s AND size > 8",
        vault.ledger.ledger_id,
    )


def rebuild_read_models(vault: Vault) -> None:
    from django.core.management import call_command

    call_command("rebuild_projections", workspace=vault.workspace.slug, verbosity=0)


@pytest.mark.parametrize("change", ["delete", "insert"])
def test_a_renumbered_ledger_is_placed_between_two_checkpoints(vault, expect, change):
    headers = headers_of(vault)
    if change == "delete":
        del headers[6]
    else:
        headers.insert(6, {**headers[5], "rec": "dec_" + "7" * 32})

    vault.replace_all(list(linked(headers)))

    expect(vault, f"{change} #6, renumber, re-chain", "E_ROOT_RANGE", at=5)


def test_two_swapped_neighbours_are_reordered_at_the_first(vault, expect):
    leaves = vault.leaves()

    vault.store({5: leaves[6], 6: leaves[5]})

    result = expect(vault, "swap #5 and #6", "E_SEQ", at=5)
    assert "reordered" in {one.damage for one in result.verification.findings}


def test_an_entry_of_another_ledger_is_named(vault, expect):
    header = headers_of(vault)[5]
    header["log"] = "grid.example/other"

    vault.store({5: canonical.plain_bytes(header)})

    expect(vault, "move an entry of another ledger in", "E_LEDGER", at=5, kind="inserted")


def test_an_entry_stored_twice_is_inserted(vault, expect):
    vault.insert(13, vault.leaves()[5], columns=False)

    expect(vault, "insert a copy of #5 at the end", "E_SEQ", at=5)


def test_a_forged_entry_that_is_well_chained_was_not_admitted(vault, expect):
    vault.insert(13, forged_heartbeat(vault))

    expect(vault, "append a well-chained forgery", "E_COLUMN", at=13, kind="inserted")


def forged_heartbeat(vault: Vault) -> bytes:
    headers = headers_of(vault)
    notary = {"ty": "system", "id": "notary", "au": "process"}
    headers.append({"v": 1, "log": headers[12]["log"], "t": headers[12]["t"], "act": notary})
    headers[-1]["k"] = "ledger.heartbeat"
    return list(linked(headers))[-1]


def test_the_notary_never_signs_a_forged_entry(vault):
    vault.insert(13, forged_heartbeat(vault))

    alarm = vault.desk.look()

    assert alarm == "N_ADMISSION"
    assert integrity.verify_integrity(vault.ledger).verdict.value == "broken"
    assert vault.desk.newest().size == LAST_CHECKPOINT


def test_a_disowned_entry_is_printed_and_breaks_nothing(vault):
    vault.insert(13, forged_heartbeat(vault))
    vault.desk.look()
    options = {"origin": vault.ledger.origin, "entries": [13], "grounds": "An emergency."}

    ceremonies.hold(vault.desk.notary, "disown", options)
    vault.desk.look()

    result = integrity.verify_integrity(vault.ledger)
    assert [one.code for one in result.verification.findings] == ["W_DISOWNED"]
    assert result.verdict.value == "intact"


def test_time_that_goes_back_is_misdated(vault, expect):
    vault.edit(5, lambda header: header.update(t="2021-01-01T00:00:00.000000Z"))

    result = expect(vault, "set the time of #5 back", "E_TIME", at=5)
    assert result.finding is not None


def test_a_whole_ledger_shifted_in_time_is_another_tree(vault, expect):
    headers = headers_of(vault)
    for header in headers:
        header["t"] = "2021" + header["t"][4:]

    vault.replace_all(list(linked(headers)))

    expect(vault, "shift all times five years back", "E_ROOT_RANGE", at=0)


def test_a_correction_moved_to_another_decision_is_another_tree(vault, expect):
    other = headers_of(vault)[4]["rec"]

    vault.rewrite(7, lambda header: header.update(rec=other))

    result = expect(vault, "move a correction, re-chain", "E_ROOT_RANGE", at=5)
    assert "E_REC_ORDINAL" in {one.code for one in result.verification.findings}


def test_a_correction_by_somebody_else_is_another_tree(vault, expect):
    vault.rewrite(7, lambda header: header["act"].update(id="usr_" + "e" * 32))

    expect(vault, "change who corrected, re-chain", "E_ROOT_RANGE", at=5)
