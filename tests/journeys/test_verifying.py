"""Noor verifies the ledger and watches the run; a damaged ledger is called so."""

from __future__ import annotations

import re

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ledger.integrity import running, runs
from tests.support.notary import Desk, without_guards
from tests.support.visitors import hire


@pytest.fixture
def noor(acme):
    return hire(acme, "Noor", "compliance_officer")


@pytest.fixture(autouse=True)
def _nobody_is_woken(monkeypatch):
    """There is no worker in these tests; they run a job themselves."""
    monkeypatch.setattr("ledger.tasks.wake", lambda *_names: None)


def finish_runs(ledger) -> None:
    for run in runs.runs_of(ledger):
        running.run_integrity(run.run_id, clock=timezone.now)


def test_a_run_is_watched_until_its_verdict_stands(seat, noor, reply, ledger, tmp_path):
    notary = Desk(ledger, tmp_path / "notary")
    notary.look()
    notary.stop()
    page = seat(noor).open("integrity")

    page.get_by_role("button", name="Verify now").click()
    expect(page.get_by_text("Waiting for a worker")).to_be_visible()
    finish_runs(ledger)

    expect(page.get_by_role("heading", name=re.compile("Intact up to"))).to_be_visible()
    page.reload()
    expect(page.locator(".seal.intact")).to_contain_text("Verified")


def test_a_run_shows_its_verdict_without_scripts(seat, noor, reply, ledger):
    page = seat(noor, java_script_enabled=False).open("integrity")

    page.get_by_role("button", name="Verify now").click()
    finish_runs(ledger)
    page.reload()

    expect(page.get_by_role("heading", name=re.compile("Intact up to"))).to_be_visible()


@pytest.mark.damages
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_damage_is_readable_by_everybody(seat, check, noor, reply, ledger, theme):
    seq = reply.appended.header.seq
    with without_guards("ledger_entry") as cursor:
        cursor.execute(
            "UPDATE ledger_entry SET leaf = overlay(leaf placing 'x' from 40)"
            " WHERE ledger_id = %s AND seq = %s",
            (ledger.ledger_id, seq),
        )
    page = seat(noor, color_scheme=theme, bypass_csp=True).open("integrity")
    page.get_by_role("button", name="Verify now").click()
    finish_runs(ledger)
    page.reload()

    expect(page.get_by_role("heading", name=f"Broken at #{seq}")).to_be_visible()
    expect(page.locator(".seal.broken")).to_contain_text(f"Broken at #{seq}")
    page.set_viewport_size({"width": 390, "height": 900})
    assert check(page) == []
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
