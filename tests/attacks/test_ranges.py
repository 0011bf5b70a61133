"""Several ranges give the verdict of one walk, on honest ledgers and on damaged ones."""

from __future__ import annotations

import pytest

from ledger import integrity
from tests.attacks.vault import Vault

pytestmark = pytest.mark.django_db(transaction=True)


def other_model(header):
    header["f"]["mn"] = "gpt-5"


def nothing(_vault: Vault) -> None:
    pass


def drop_tiles(vault: Vault) -> None:
    vault.do("ledger_tile", "DELETE FROM ledger_tile WHERE ledger_id = %s", vault.ledger.ledger_id)


def wrong_tile_root(vault: Vault) -> None:
    vault.set_column("ledger_tile", "root", "sha256(root)", "n = 0 AND level = 0")


DAMAGE = {
    "nothing": nothing,
    "no tiles": drop_tiles,
    "a wrong tile root": wrong_tile_root,
    "a changed leaf": lambda vault: vault.edit(300, other_model),
    "a changed leaf at a cut": lambda vault: vault.edit(256, other_model),
    "a changed leaf before a cut": lambda vault: vault.edit(255, other_model),
    "a rechained history": lambda vault: vault.rewrite(100, other_model),
    "a deleted entry": lambda vault: vault.delete(300),
    "a deleted entry at a cut": lambda vault: vault.delete(256),
    "a deleted tail": lambda vault: vault.delete(*range(500, 602)),
    "a changed column": lambda vault: vault.set_column(
        "ledger_entry", "kind", "'x'", "seq IN (5, 400)"
    ),
    "a changed part": lambda vault: vault.set_column(
        "ledger_part", "content", "'1'::bytea", "seq = 400 AND name = 'input'"
    ),
    "a changed read model": lambda vault: vault.set_column(
        "ledger_decision", "status", "'incorrect'", "seq = 400"
    ),
}


@pytest.mark.parametrize("damage", DAMAGE)
def test_ranges_give_the_verdict_of_one_walk(long_vault: Vault, damage: str) -> None:
    DAMAGE[damage](long_vault)

    alone = integrity.verify_integrity(long_vault.ledger)
    joined = integrity.verify_in_ranges(long_vault.ledger, ranges=3)

    assert joined.verification == alone.verification
    assert joined.finding == alone.finding
    assert joined.verdict.value == ("intact" if damage in {"nothing", "no tiles"} else "broken")


def test_processes_give_the_verdict_of_one_walk(long_vault: Vault) -> None:
    alone = integrity.verify_integrity(long_vault.ledger)

    joined = integrity.verify_in_processes(long_vault.ledger, processes=2)

    assert joined.verification == alone.verification
