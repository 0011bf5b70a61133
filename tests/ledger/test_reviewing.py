"""Human verdicts: each is an entry at once, and nothing is ever overwritten."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from accounts.actors import Actor
from ledger import content, integrity, queries, reviewing
from ledger.errors import AlreadySuperseded, Conflict, InvalidContent, NotAllowed, StaleReview
from ledger.recording import Recorded
from ledger.states import DecisionState
from tests.support.cast import Scene, clock, correction_of, person


def _now(scene: Scene, recorded: Recorded) -> DecisionState:
    return queries.decision(scene.ledger, recorded.decision_id)


def _supersede(
    scene: Scene, recorded: Recorded, entry: int, verdict: str, actor: Actor, **more: object
) -> object:
    return reviewing.supersede(
        scene.at(recorded),
        entry=entry,
        verdict=verdict,
        reason=content.written("reason", "it was the other way round"),
        actor=actor,
        clock=clock,
        expected_newest=_now(scene, recorded).newest_seq,
        **more,
    )


def test_a_flag_makes_a_decision_incorrect(scene: Scene, ben: Actor) -> None:
    recorded = scene.record()

    scene.flag(recorded, ben, "missed the second charge")

    state = _now(scene, recorded)
    assert (state.status, state.flag_seq, state.reason_seq) == ("incorrect", 2, 2)


def test_a_flag_without_a_reason_keeps_the_earlier_one(scene: Scene, ben: Actor) -> None:
    recorded = scene.record()
    scene.flag(recorded, ben, "missed the second charge")

    scene.flag(recorded, ben)

    state = _now(scene, recorded)
    assert (state.flag_seq, state.reason_seq) == (3, 2)


def test_a_confirmation_after_a_flag_leaves_the_decision_recorded(scene: Scene, ben: Actor) -> None:
    recorded = scene.record()
    scene.flag(recorded, ben, "wrong")

    reviewing.confirm(scene.at(recorded), actor=ben, clock=clock, expected_newest=2)

    state = _now(scene, recorded)
    assert (state.status, state.verdict, state.flag_seq) == ("recorded", "confirmed", None)


def test_a_confirmation_that_is_withdrawn_brings_the_flag_back(scene: Scene, ben: Actor) -> None:
    recorded = scene.record()
    scene.flag(recorded, ben, "wrong")
    reviewing.confirm(scene.at(recorded), actor=ben, clock=clock, expected_newest=2)

    _supersede(scene, recorded, 3, "withdrawn", ben)

    state = _now(scene, recorded)
    assert (state.status, state.flag_seq) == ("incorrect", 2)


def test_a_second_correction_supersedes_the_first_and_both_stay(scene: Scene, ben: Actor) -> None:
    recorded = scene.record()
    scene.correct(recorded, ben, {"response": "one"})

    scene.correct(recorded, ben, {"response": "two"})

    history = queries.history_of(scene.ledger, recorded.decision_id, sealed_size=0)
    kinds = [entry.header.kind for entry in history.entries]
    assert kinds == [
        "decision.recorded",
        "correction.attached",
        "correction.attached",
        "correction.superseded",
    ]
    assert history.entries[1].superseded_by == 3
    assert history.entries[1].parts["correction"].content == b'{"response":"one"}'
    assert _now(scene, recorded).correction_seq == 3


def test_a_flag_on_a_corrected_decision_leaves_the_correction_standing(
    scene: Scene, ben: Actor
) -> None:
    recorded = scene.record()
    scene.correct(recorded, ben, {})

    scene.flag(recorded, ben)

    state = _now(scene, recorded)
    assert (state.status, state.verdict, state.correction_seq) == ("corrected", "incorrect", 2)


def test_a_corrected_decision_is_not_confirmed_but_superseded(scene: Scene, ben: Actor) -> None:
    recorded = scene.record()
    scene.correct(recorded, ben, {})

    with pytest.raises(Conflict):
        reviewing.confirm(scene.at(recorded), actor=ben, clock=clock, expected_newest=2)
    _supersede(scene, recorded, 2, "confirmed", ben)

    state = _now(scene, recorded)
    assert (state.status, state.verdict, state.correction_seq) == ("recorded", "confirmed", None)


def test_a_reviewer_who_saw_too_little_is_told_the_newest_entry(scene: Scene, ben: Actor) -> None:
    recorded = scene.record()
    scene.flag(recorded, ben)

    with pytest.raises(StaleReview) as refusal:
        reviewing.confirm(scene.at(recorded), actor=ben, clock=clock, expected_newest=1)

    assert refusal.value.newest == 2
    assert len(queries.headers_of(scene.ledger, recorded.decision_id)) == 2


def test_an_act_is_superseded_once(scene: Scene, ben: Actor) -> None:
    recorded = scene.record()
    scene.flag(recorded, ben)
    _supersede(scene, recorded, 2, "withdrawn", ben)

    with pytest.raises(AlreadySuperseded):
        _supersede(scene, recorded, 2, "confirmed", ben)


def test_an_entry_that_is_no_verdict_cannot_be_superseded(scene: Scene, ben: Actor) -> None:
    recorded = scene.record()

    with pytest.raises(InvalidContent):
        _supersede(scene, recorded, 1, "withdrawn", ben)


def test_a_reviewer_may_not_supersede_another_persons_verdict(
    scene: Scene, ben: Actor, noor: Actor
) -> None:
    recorded = scene.record()
    scene.flag(recorded, ben)

    with pytest.raises(NotAllowed):
        _supersede(scene, recorded, 2, "withdrawn", person("Ada", "reviewer"))
    _supersede(scene, recorded, 2, "withdrawn", noor)

    assert _now(scene, recorded).status == "recorded"


def test_superseding_with_a_correction_needs_and_records_it(scene: Scene, ben: Actor) -> None:
    recorded = scene.record()
    scene.flag(recorded, ben)

    with pytest.raises(InvalidContent):
        _supersede(scene, recorded, 2, "corrected", ben)
    _supersede(scene, recorded, 2, "corrected", ben, content=correction_of({"response": "ok"}))

    state = _now(scene, recorded)
    assert (state.status, state.flag_seq, state.correction_seq) == ("corrected", None, 3)


@pytest.mark.parametrize("verdict", ["confirmed", "incorrect", "corrected", "withdrawn"])
@pytest.mark.parametrize("first", ["flag", "correction"])
def test_verification_finds_nothing_wrong_with_any_way_to_supersede(
    scene: Scene, ben: Actor, first: str, verdict: str
) -> None:
    recorded = scene.record()
    if first == "flag":
        scene.flag(recorded, ben)
    else:
        scene.correct(recorded, ben, {"response": "ok"})
    new = correction_of({"response": "better"}) if verdict == "corrected" else None

    _supersede(scene, recorded, 2, verdict, ben, content=new)

    findings = integrity.verify_integrity(scene.ledger).verification.findings
    assert [one.code for one in findings if one.code[0] == "E"] == []


def test_what_a_person_was_called_is_sealed_with_the_verdict(scene: Scene, ben: Actor) -> None:
    judged = scene.flag(scene.record(), ben)

    parts = queries.content_of(scene.ledger, judged.appended[0].header.seq)
    assert b'"display_name":"Ben"' in (parts["actor"].content or b"")


def test_two_hundred_corrections_at_once_all_stand_in_one_order(scene: Scene) -> None:
    recorded = scene.record()

    def correct(number: int) -> None:
        scene.correct(recorded, scene.agent, {"n": number})
        connection.close()

    with ThreadPoolExecutor(16) as writers:
        list(writers.map(correct, range(200)))

    headers = queries.headers_of(scene.ledger, recorded.decision_id)
    assert [header.rn for header in headers] == list(range(400))
    assert _now(scene, recorded).corrections == 200
