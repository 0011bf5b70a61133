"""A part is what its entry sealed, or it is altered: its row alone is not believed."""

from __future__ import annotations

import pytest

from accounts.actors import Actor
from ledger import queries
from ledger.queries import LedgerRef, corrections
from ledger.recording import Recorded
from tests.support.cast import Scene
from tests.support.notary import without_guards

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.damages]

FORGED = """
UPDATE ledger_part SET content = '{"response":"forged"}',
  digest = sha256(('\\x6c6f6f70677269642e706172742f76310a'::bytea || salt)
                  || '{"response":"forged"}'::bytea)
WHERE ledger_id = %s AND seq = %s AND name = %s
"""


def seq_of(recorded: Recorded) -> int:
    return recorded.appended.header.seq


def forge(ledger: LedgerRef, seq: int, name: str) -> None:
    """Change content and digest of a part together, so that the row agrees with itself."""
    with without_guards("ledger_part") as superuser:
        superuser.execute(FORGED, [ledger.ledger_id, seq, name])


@pytest.mark.damages
def test_content_changed_with_its_digest_is_altered_in_the_history(
    scene: Scene, ledger: LedgerRef
) -> None:
    recorded = scene.record()
    forge(ledger, seq_of(recorded), "output")

    history = queries.history_of(ledger, recorded.decision_id, sealed_size=0)

    output = history.entries[0].parts["output"]
    assert (output.state, output.content) == ("altered", None)


@pytest.mark.damages
def test_content_changed_with_its_digest_is_altered_in_the_record(
    scene: Scene, ledger: LedgerRef
) -> None:
    recorded = scene.record()
    forge(ledger, seq_of(recorded), "output")

    record = queries.record_of(ledger, recorded.decision_id)

    assert record.parts["output"].state == "altered"


@pytest.mark.damages
def test_a_forged_correction_is_altered_in_the_list(
    scene: Scene, ledger: LedgerRef, ben: Actor
) -> None:
    judged = scene.correct(scene.record(), ben, {"response": "right"})
    forge(ledger, judged.appended[0].header.seq, "correction")

    (found,) = corrections.corrections_after(
        ledger, corrections.CorrectionFilters(), before=None, limit=1
    )

    assert found.parts["correction"].state == "altered"


@pytest.mark.damages
def test_a_deleted_part_is_altered_and_not_absent(scene: Scene, ledger: LedgerRef) -> None:
    recorded = scene.record()
    with without_guards("ledger_part") as superuser:
        superuser.execute(
            "DELETE FROM ledger_part WHERE ledger_id = %s AND seq = %s AND name = 'output'",
            [ledger.ledger_id, seq_of(recorded)],
        )

    history = queries.history_of(ledger, recorded.decision_id, sealed_size=0)

    assert history.entries[0].parts["output"].state == "altered"


def test_a_sound_part_is_present(scene: Scene, ledger: LedgerRef) -> None:
    recorded = scene.record(output={"response": "ok"})

    history = queries.history_of(ledger, recorded.decision_id, sealed_size=0)

    assert history.entries[0].parts["output"].content == b'{"response": "ok"}'
