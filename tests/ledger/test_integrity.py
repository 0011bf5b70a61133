"""Verifying as the product does it: while others write, in pieces, from where a run ended."""

from __future__ import annotations

import uuid
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from loopgrid_proof.errors import Verdict
from loopgrid_proof.headers import read_header

from ledger import integrity, projection
from ledger.integrity import Scope, rows, snapshot, verifying
from ledger.integrity.readmodels import fresh_row
from ledger.queries import LedgerRef
from ledger.states import fold
from tests.support.notary import desk

__all__ = ["desk"]

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(rows, "BATCH_ROWS", 3)


def test_a_fresh_ledger_is_intact(ledger):
    result = integrity.verify_integrity(ledger)

    assert result.verdict is Verdict.INTACT
    assert (result.size, result.sealed_size, result.decisions) == (1, 0, 0)


def test_every_kind_of_act_leaves_an_intact_ledger(scene, ben, noor, ledger, desk, settings):
    settings.NOTARY_DIR = str(desk.folder)
    first, second = scene.record(), scene.record(tool_calls=[], metadata={}, prompt=None)
    scene.flag(first, ben, "Wrong.")
    scene.correct(first, ben, {})
    scene.correct(first, noor, {"a": 1})
    scene.flag(second, ben)
    desk.look()

    result = integrity.verify_integrity(ledger)

    assert result.verification.findings == ()
    assert result.verdict is Verdict.INTACT


def test_what_is_written_and_sealed_meanwhile_changes_nothing(
    scene, ledger, desk, settings, small_batches
):
    settings.NOTARY_DIR = str(desk.folder)
    for _ in range(6):
        scene.record()
    desk.look()

    def write_and_seal(_done, _total):
        scene.record()
        assert desk.look() is None

    result = integrity.verify_integrity(ledger, Scope(progress=write_and_seal))

    assert result.verdict is Verdict.INTACT
    assert result.recomputed == (0, 8)
    assert integrity.verify_integrity(ledger).verdict is Verdict.INTACT


def test_small_batches_and_large_contents_find_the_same(scene, ledger, monkeypatch):
    for _ in range(5):
        scene.record(input={"text": "x" * 5000})
    alone = integrity.verify_integrity(ledger)
    monkeypatch.setattr(rows, "BATCH_ROWS", 2)
    monkeypatch.setattr(rows, "BATCH_BYTES", 4000)
    monkeypatch.setattr(rows, "AT_ONCE_BYTES", 0)

    assert integrity.verify_integrity(ledger).verification == alone.verification


def test_a_run_goes_on_where_an_earlier_one_ended(scene, ledger, desk):
    scene.record()
    desk.look()
    earlier = integrity.verify_integrity(ledger)
    scene.record()
    desk.look()

    result = integrity.verify_integrity(ledger, Scope(start=earlier.resume))

    assert result.verdict is Verdict.INTACT
    assert result.recomputed == (earlier.size, earlier.size + 1)
    assert result.sealed_size == earlier.size + 1


def test_a_run_that_goes_on_sees_that_its_past_was_rewritten(scene, ledger):
    earlier = integrity.verify_integrity(ledger)
    scene.record()
    state = {**earlier.resume, "last": [0, "ab" * 32, earlier.resume["last"][2]]}

    result = integrity.verify_integrity(ledger, Scope(start=state))

    assert result.verdict is Verdict.BROKEN
    assert result.finding.code == "E_PREV"


def test_stopping_early_leaves_the_verdict_open(scene, ledger, desk, small_batches):
    for _ in range(6):
        scene.record()
    desk.look()

    result = integrity.verify_integrity(ledger, Scope(stop=lambda: True))

    assert result.verdict is Verdict.UNPROVEN
    assert result.recomputed == (0, 3)
    assert result.resume is None


def test_the_progress_ends_at_the_size(scene, ledger, small_batches):
    for _ in range(6):
        scene.record()
    told = []

    integrity.verify_integrity(ledger, Scope(progress=lambda *place: told.append(place)))

    assert [total for _done, total in told] == [7, 7, 7]
    assert told[-1] == (7, 7)


def later(monkeypatch, **span):
    """Let the database's clock be ahead, for whoever verifies."""

    @contextmanager
    def taken():
        with snapshot.snapshot() as moment:
            yield replace(moment, at=moment.at + timedelta(**span))

    monkeypatch.setattr(verifying, "snapshot", taken)


def test_a_notary_that_is_silent_for_three_heartbeats_leaves_the_verdict_open(
    scene, ledger, monkeypatch
):
    scene.record()
    later(monkeypatch, seconds=181)

    result = integrity.verify_integrity(ledger)

    assert result.verdict is Verdict.UNPROVEN
    assert {one.code for one in result.verification.findings} == {"U_UNSEALED", "U_STALE"}


def test_entries_that_wait_for_a_checkpoint_for_less_are_normal(scene, ledger, monkeypatch):
    scene.record()
    later(monkeypatch, seconds=170)

    assert integrity.verify_integrity(ledger).verdict is Verdict.INTACT


def test_a_ledger_that_is_not_there_is_broken(ledger):
    stranger = LedgerRef(uuid.uuid4(), ledger.workspace_id, ledger.origin)

    result = integrity.verify_integrity(stranger)

    assert result.verdict is Verdict.BROKEN
    assert result.finding.code == "E_EMPTY"


def test_the_short_way_to_a_fresh_row_is_the_fold(scene, ledger):
    scene.record(
        environment="production",
        risk_tier="high",
        origin="imported",
        error={"type": "timeout", "message": "late"},
        parent_decision_id="dec_" + "1" * 32,
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT leaf FROM ledger_entry WHERE ledger_id = %s AND seq = 1", [ledger.ledger_id]
        )
        header = read_header(bytes(cursor.fetchone()[0]))

    right = projection.decision_row(ledger.ledger_id, fold([header]), b"x")

    assert fresh_row(ledger.ledger_id, header, b"x") == right
