"""Each attack works in a fresh ledger, which stays damaged."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from ledger import integrity
from ledger.integrity import IntegrityResult
from tests.attacks import vault as vaults
from tests.attacks.vault import Vault
from tests.support import attacks


@pytest.fixture
def vault(transactional_db: None, tmp_path: Path, settings: Any) -> Iterator[Vault]:
    """A sealed ledger of 16 entries; the verifier can read the notary's log."""
    settings.NOTARY_DIR = str(tmp_path / "notary")
    yield from _kept(tmp_path, vaults.fill)


@pytest.fixture
def long_vault(transactional_db: None, tmp_path: Path, settings: Any) -> Iterator[Vault]:
    """A sealed ledger of some 600 entries with tiles."""
    settings.NOTARY_DIR = str(tmp_path / "notary")
    yield from _kept(tmp_path, vaults.fill_long)


def _kept(folder: Path, fill: Callable[[Vault], None]) -> Iterator[Vault]:
    vault = vaults.open_vault(folder)
    try:
        fill(vault)
        yield vault
    finally:
        vault.desk.stop()


Expect = Callable[..., IntegrityResult]


@pytest.fixture
def expect(request: pytest.FixtureRequest) -> Expect:
    """Verify a ledger, compare with what has to be found, and keep a row of the table.

    `code` must be among the findings that decide the verdict, and `at` the first bad entry.
    """

    def check(
        vault: Vault, attack: str, code: str, *, at: int | None, kind: str | None = None
    ) -> IntegrityResult:
        result = integrity.verify_integrity(vault.ledger)
        decisive = [one.code for one in result.verification.findings if one.code[0] != "W"]
        first = result.finding.seq if result.finding else None
        found = f"{result.verdict.value}, {', '.join(dict.fromkeys(decisive)) or 'nothing'}"
        wanted = "unproven" if code[0] == "U" else "broken"
        attacks.note(
            request,
            attack,
            expected=f"{wanted} at {_place(at)}, {code}",
            found=f"{found} at {_place(first)}",
        )
        assert result.verdict.value == wanted
        assert code in decisive, result.verification.findings
        assert first == at, result.verification.findings
        if kind is not None:
            assert result.finding is not None
            assert result.finding.kind == kind
        return result

    return check


def _place(seq: int | None) -> str:
    return "-" if seq is None else f"#{seq}"
