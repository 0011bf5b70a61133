"""The ledgers that are attacked elsewhere are intact before."""

from ledger import integrity
from tests.attacks.vault import VICTIM


def test_the_ledger_of_the_attacks_is_intact(vault):
    result = integrity.verify_integrity(vault.ledger)

    assert result.verification.findings == ()
    assert result.verdict.value == "intact"


def test_the_victim_is_the_decision_the_attacks_name(vault):
    rows = vault.ask("SELECT kind FROM ledger_entry WHERE ledger_id = %s AND seq = %s", VICTIM)

    assert rows == [("decision.recorded",)]


def test_the_long_ledger_is_intact_and_has_tiles(long_vault):
    result = integrity.verify_integrity(long_vault.ledger)

    assert result.verification.findings == ()
    assert long_vault.ask("SELECT count(*) FROM ledger_tile WHERE ledger_id = %s") == [(2,)]
