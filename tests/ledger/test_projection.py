"""Read models: rebuilt from the entries, they are what they were."""

from __future__ import annotations

import random
from datetime import datetime

import pytest
from django.db import connection, transaction
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from accounts.actors import Actor
from ledger import content, projection, queries, reviewing, upkeep
from ledger.append.locking import raw_connection
from ledger.errors import LedgerError, NotFound
from ledger.queries import LedgerRef
from ledger.recording import Recorded
from ledger.states import fold
from tests.support.cast import Scene, clock, correction_of

_ROWS = {
    "ledger_decision": "SELECT * FROM ledger_decision WHERE ledger_id = %s ORDER BY seq",
    "ledger_correction": "SELECT * FROM ledger_correction WHERE ledger_id = %s ORDER BY seq",
}


def _rows(ledger: LedgerRef, table: str) -> list[tuple[object, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(_ROWS[table], [ledger.ledger_id])
        return [tuple(bytes(v) if isinstance(v, memoryview) else v for v in r) for r in cursor]


def _everything(ledger: LedgerRef) -> dict[str, list[tuple[object, ...]]]:
    return {table: _rows(ledger, table) for table in _ROWS}


def _rebuild(ledger: LedgerRef) -> None:
    with transaction.atomic():
        projection.rebuild(raw_connection(), ledger.ledger_id)


def _act_at_random(scene: Scene, recorded: Recorded, actor: Actor, chance: random.Random) -> None:
    newest = queries.decision(scene.ledger, recorded.decision_id).newest_seq
    verb = chance.choice(["flag", "correct", "confirm", "supersede"])
    if verb == "flag":
        scene.flag(recorded, actor, chance.choice([None, "wrong"]))
    elif verb == "correct":
        scene.correct(recorded, actor, {"n": chance.random()})
    elif verb == "confirm":
        reviewing.confirm(scene.at(recorded), actor=actor, clock=clock, expected_newest=newest)
    else:
        reviewing.supersede(
            scene.at(recorded),
            entry=newest,
            verdict=chance.choice(reviewing.VERDICTS),
            reason=content.written("reason", "no"),
            content=correction_of({"n": 1}),
            actor=actor,
            clock=clock,
            expected_newest=newest,
        )


@settings(
    max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(seed=st.integers(0, 2**32))
def test_rebuilt_rows_equal_those_kept_in_step(scene: Scene, ben: Actor, seed: int) -> None:
    chance = random.Random(seed)  # noqa: S311  a repeatable choice, no secret
    decisions = [scene.record(metadata={"n": number}) for number in range(3)]
    for _ in range(12):
        try:
            _act_at_random(scene, chance.choice(decisions), ben, chance)
        except LedgerError:
            continue
    before = _everything(scene.ledger)

    _rebuild(scene.ledger)

    assert _everything(scene.ledger) == before


def test_a_decision_just_recorded_has_the_row_its_fold_gives(scene: Scene) -> None:
    recorded = scene.record(
        environment="prod", risk_tier="high", parent_decision_id="dec_" + "0" * 32
    )
    header, digest = recorded.appended.header, recorded.appended.content_hash
    folded = projection.decision_row(scene.ledger.ledger_id, fold([header]), digest)
    named = dict(zip((c.split()[0] for c in projection.DECISION), folded, strict=True))

    fresh = projection.fresh_row(header, datetime.fromisoformat(header.t), digest)

    kept = dict(zip((name for name, _type in projection.FRESH), fresh, strict=True))
    rest = {name: value for name, value in named.items() if name not in kept}
    assert {name: named[name] for name in kept} == kept
    assert rest == dict.fromkeys(rest) | {
        "ledger_id": scene.ledger.ledger_id,
        "corrections": 0,
    }


def test_a_disowned_verdict_counts_for_nothing(scene: Scene, ledger: LedgerRef, ben: Actor) -> None:
    recorded = scene.record()
    flag = scene.flag(recorded, ben).appended[0].header.seq

    upkeep.disown(ledger, [flag], grounds="A slip.", clock=clock)
    _rebuild(ledger)

    history = queries.history_of(ledger, recorded.decision_id, sealed_size=0)
    assert queries.decision(ledger, recorded.decision_id).status == "recorded"
    assert history.standing.status == "recorded"
    assert [entry.header.seq for entry in history.entries] == [flag - 1, flag]


def test_a_disowned_decision_is_none_whatever_was_said_about_it(
    scene: Scene, ledger: LedgerRef, ben: Actor
) -> None:
    recorded = scene.record()
    scene.flag(recorded, ben)

    upkeep.disown(ledger, [recorded.appended.header.seq], grounds="A slip.", clock=clock)
    _rebuild(ledger)

    assert _everything(ledger) == {"ledger_decision": [], "ledger_correction": []}
    with pytest.raises(NotFound):
        scene.flag(recorded, ben)
