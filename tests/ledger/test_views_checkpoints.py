"""Pages of checkpoints and receipts: what somebody takes away is what was signed."""

from __future__ import annotations

import html
import re

import pytest
from loopgrid_proof import notes, receipts

from ledger import serving
from ledger.views import checkpoints
from tests.support.cast import make_workspace
from tests.support.notary import Desk
from tests.support.visitors import hire


@pytest.fixture
def kim(acme):
    return hire(acme, "Kim", "viewer")


@pytest.fixture
def notary(ledger, tmp_path):
    desk = Desk(ledger, tmp_path / "notary")
    yield desk
    desk.stop()


def test_before_the_first_checkpoint_nothing_is_called_sealed(kim, scene):
    scene.record()

    assert "No checkpoint is signed yet" in kim.get("checkpoints").content.decode()
    assert 'class="chip sealed"' not in kim.get("decisions").content.decode()


def test_what_a_checkpoint_covers_is_called_sealed(kim, scene, notary):
    covered = scene.record().appended.header.seq
    notary.look()
    later = scene.record().appended.header.seq

    assert 'class="chip sealed"' in kim.get(f"entries/{covered}").content.decode()
    assert "Not sealed yet" in kim.get(f"entries/{later}").content.decode()


def test_a_note_is_shown_to_the_byte_with_the_key_that_signed_it(kim, ledger, notary):
    notary.look()
    found = serving.newest_checkpoint(ledger)

    page = html.unescape(kim.get(f"checkpoints/{found.size}").content.decode())

    assert found.note.decode() in page
    assert serving.verifier_keys(ledger)[0].vkey in page


def test_a_receipt_can_be_checked_by_somebody_who_has_only_the_key(kim, scene, ledger, notary):
    entry = scene.record().appended.header
    notary.look()

    raw = kim.get(f"entries/{entry.seq}/receipt").content
    public_key = notes.parse_vkey(serving.verifier_keys(ledger)[0].vkey)
    checked = receipts.check_receipt(raw, trusted=[public_key])

    assert checked.header.leaf_hash == entry.leaf_hash


def test_a_receipt_before_its_seal_says_so_and_gives_nothing(kim, scene):
    seq = scene.record().appended.header.seq

    answer = kim.get(f"entries/{seq}/receipt")

    assert answer.status_code == 409
    assert "Content-Disposition" not in answer
    assert "recorded, not sealed yet" in answer.content.decode()


def test_checkpoints_are_listed_in_pages(kim, scene, notary, monkeypatch):
    monkeypatch.setattr(checkpoints, "ROWS", 1)
    notary.look()
    scene.record()
    notary.look()

    first = kim.get("checkpoints").content.decode()
    following = re.search(r'rel="next" href="([^"]+)"', first)
    second = kim.browser.get(following.group(1)).content.decode()

    sizes = [re.findall(r'<td class="c-no">(\d+)</td>', page) for page in (first, second)]
    assert [len(found) for found in sizes] == [1, 1]
    assert int(sizes[0][0]) > int(sizes[1][0])


@pytest.mark.parametrize("before", ["x", "-1", "9" * 40])
def test_a_page_that_is_no_number_is_the_first_one(kim, notary, before):
    notary.look()

    assert kim.get("checkpoints", data={"before": before}).status_code == 200


def test_another_workspaces_receipt_is_not_found(acme, notary):
    notary.look()
    sam = hire(make_workspace("other"), "Sam", "compliance_officer")

    assert sam.browser.get(f"/w/{acme.workspace.slug}/entries/0/receipt").status_code == 404
    assert sam.browser.get(f"/w/{acme.workspace.slug}/checkpoints/2").status_code == 404
