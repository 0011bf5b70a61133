"""What is gone or altered is never shown as what was recorded."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import msgspec
import pytest

from accounts.actors import Actor
from ledger import queries
from ledger.api.objects import decision_bytes
from ledger.queries import LedgerRef, PartContent, Record
from tests.support.cast import Scene

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.fixture
def record(scene: Scene, ledger: LedgerRef, ben: Actor) -> Record:
    """A decision with a context, flagged with a reason and corrected."""
    recorded = scene.record(prompt={"a": 1}, confidence=0.5)
    scene.flag(recorded, ben, "Wrong.")
    scene.correct(recorded, ben, {"fixed": True})
    return queries.record_of(ledger, recorded.decision_id)


def shown(ledger: LedgerRef, record: Record) -> dict[str, Any]:
    return msgspec.json.decode(decision_bytes(ledger, record))


def damaged(part: PartContent, state: Any, **more: Any) -> PartContent:
    return replace(part, state=state, content=None, salt=None, **more)


def test_nothing_is_marked_on_a_sound_decision(ledger: LedgerRef, record: Record) -> None:
    found = shown(ledger, record)

    assert (found["erased"], found["altered"]) == (None, None)
    assert (found["prompt"], found["confidence"]) == ({"a": 1}, 0.5)
    assert found["incorrect_reason"] == "Wrong."


def test_an_altered_part_shows_its_digest_alone(ledger: LedgerRef, record: Record) -> None:
    part = damaged(record.parts["output"], "altered")

    found = shown(ledger, replace(record, parts={**record.parts, "output": part}))

    mark = {"entry": record.state.seq, "digest": part.digest.hex()}
    assert found["output"] == {"loopgrid:altered": mark}
    assert found["altered"] == ["output"]


def test_a_part_that_nobody_finds_is_not_null(ledger: LedgerRef, record: Record) -> None:
    rest = {name: part for name, part in record.parts.items() if name != "prompt"}

    found = shown(ledger, replace(record, parts=rest, missing=("prompt",)))

    assert found["prompt"] == {"loopgrid:altered": {"entry": record.state.seq, "digest": None}}
    assert found["altered"] == ["prompt"]


def test_an_erased_part_names_the_entry_that_erased_it(ledger: LedgerRef, record: Record) -> None:
    at = "2026-11-24T01:51:23.948236Z"
    parts = {**record.parts, "input": damaged(record.parts["input"], "erased", erased_seq=9)}

    found = shown(ledger, replace(record, parts=parts, erased_at={9: at}))

    assert found["input"] == {"loopgrid:erased": {"entry": 9, "at": at}}
    assert found["erased"] == {"entry": 9, "at": at, "parts": ["input"]}


def test_altered_words_are_named_and_not_shown(ledger: LedgerRef, record: Record) -> None:
    flag = {"reason": damaged(record.flag["reason"], "altered")}
    correction = {name: damaged(part, "altered") for name, part in record.correction.items()}

    found = shown(ledger, replace(record, flag=flag, correction=correction))

    assert found["incorrect_reason"] is None
    assert found["correction"]["corrected_by"] is None
    assert "loopgrid:altered" in found["correction"]["output"]
    assert {"reason", "correction", "corrected_by"} <= set(found["altered"])


def test_a_header_that_cannot_be_read_is_named(ledger: LedgerRef, record: Record) -> None:
    found = shown(ledger, replace(record, header=None))

    assert found["altered"] == ["entry"]
    assert found["occurred_at"] is None
