"""What a decision's page says of content that is not what was sealed: that it is not."""

from __future__ import annotations

import pytest

from ledger.queries import LedgerRef
from ledger.recording import Recorded
from tests.support.notary import without_guards
from tests.support.visitors import Visitor

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.damages]

REPLACED = 'UPDATE ledger_part SET content = \'{"response":"forged"}\' WHERE'
DELETED = "DELETE FROM ledger_part WHERE"


@pytest.fixture(params=[REPLACED, DELETED])
def damaged(request: pytest.FixtureRequest, ledger: LedgerRef, reply: Recorded) -> str:
    """The address of a decision whose output somebody replaced or deleted in the database."""
    seq = reply.appended.header.seq
    with without_guards("ledger_part") as superuser:
        superuser.execute(
            f"{request.param} ledger_id = %s AND seq = %s AND name = 'output'",
            [ledger.ledger_id, seq],
        )
    return f"d/{seq}"


def test_damaged_content_is_not_shown(ada: Visitor, damaged: str) -> None:
    page = ada.get(damaged).content.decode()

    assert "This content is not what was sealed" in page
    assert "forged" not in page


def test_damaged_content_can_still_be_corrected(ada: Visitor, damaged: str) -> None:
    answer = ada.get(f"{damaged}/correct")

    assert answer.status_code == 200
    assert "forged" not in answer.content.decode()


def test_a_download_says_what_is_damaged(ada: Visitor, damaged: str) -> None:
    raw = ada.get(f"{damaged}/raw.json").json()

    assert raw["output"] == {"loopgrid:altered": {"entry": int(damaged.removeprefix("d/"))}}
