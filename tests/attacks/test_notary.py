"""What only the notary sees, because only it remembers what it signed, and what nobody sees."""

from __future__ import annotations

import json

import pytest
from loopgrid_proof import canonical

from ledger import integrity
from tests.attacks.vault import Vault, linked
from tests.support import attacks

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def alarm(request: pytest.FixtureRequest):
    """Let the notary look and compare what it says; keep a row of the table."""

    def check(vault: Vault, attack: str, code: str | None) -> None:
        found = vault.desk.look()
        attacks.note(
            request,
            attack,
            expected=f"notary: {code or 'silent'}",
            found=f"notary: {found or 'silent'}",
        )
        assert found == code

    return check


def drop_later_checkpoints(vault: Vault, size: int) -> None:
    vault.do(
        "ledger_checkpoint",
        "DELETE FROM ledger_checkpoint WHERE ledger_id = %s AND size > %s",
        vault.ledger.ledger_id,
        size,
    )


def test_a_tail_cut_at_an_older_checkpoint(vault, alarm):
    vault.delete(8, 9, 10, 11, 12)
    drop_later_checkpoints(vault, 8)

    alarm(vault, "delete tail and later checkpoints (old genuine state)", "N_ROLLBACK")


def test_all_tables_emptied(vault, alarm):
    vault.delete(*range(13))
    drop_later_checkpoints(vault, 0)

    alarm(vault, "empty all tables", "N_ROLLBACK")


def test_the_newest_sealed_entry_rewritten_and_rechained(vault, alarm):
    vault.rewrite(11, lambda header: header["f"].update(mn="gpt-5"))

    alarm(vault, "change the newest sealed entry, re-chain", "N_TAIL_CHANGED")


def test_an_older_entry_rewritten_and_rechained(vault, alarm):
    vault.rewrite(3, lambda header: header["f"].update(mn="gpt-5"))

    alarm(vault, "change a sealed entry, re-chain", "N_TAIL_CHANGED")


def test_an_unsealed_entry_rewritten(vault, alarm):
    vault.rewrite(12, lambda header: header["f"].update(mn="gpt-5"))

    alarm(vault, "change an unsealed entry", "N_ADMISSION")


def test_a_genuine_leaf_at_another_place(vault, alarm):
    vault.do(
        "ledger_entry",
        "INSERT INTO ledger_entry (ledger_id, seq, leaf, leaf_hash, prev_hash, kind, t, mac,"
        " mac_key) SELECT ledger_id, 13, leaf, leaf_hash, prev_hash, kind, t, mac, mac_key"
        " FROM ledger_entry WHERE ledger_id = %s AND seq = 0",
        vault.ledger.ledger_id,
    )

    alarm(vault, "replay a genuine leaf and mac at the end", "N_ENTRY")


def test_an_entry_that_was_never_sealed_dropped_with_all_its_rows_is_seen_by_nobody(vault, alarm):
    vault.delete(12)
    vault.do(
        "ledger_decision",
        "DELETE FROM ledger_decision WHERE ledger_id = %s AND seq = 12",
        vault.ledger.ledger_id,
    )

    alarm(vault, "drop an unsealed entry and all its rows", None)
    # Stated so that nobody claims otherwise: only the answer its client kept can show it.
    assert integrity.verify_integrity(vault.ledger).verdict.value == "intact"


def test_a_plain_change_below_the_head_is_left_to_verification(vault, alarm):
    header = json.loads(vault.leaves()[3])
    header["f"]["mn"] = "gpt-5"
    vault.store({3: canonical.plain_bytes(header)})

    alarm(vault, "change a sealed entry, links as they were", None)
    assert integrity.verify_integrity(vault.ledger).finding.seq == 3


def test_a_rewritten_ledger_signed_again_is_never_signed_on(vault, alarm):
    headers = [json.loads(leaf) for leaf in vault.leaves()]
    headers[5]["ct"] = "2026-01-01T00:00:00.000000Z"
    vault.replace_all(list(linked(headers)))

    alarm(vault, "rewrite the whole ledger", "N_TAIL_CHANGED")
    assert vault.desk.newest().size == 12
