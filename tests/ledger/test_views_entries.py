"""The page of one entry: its bytes as sealed, and nothing of another workspace."""

from __future__ import annotations

import html

import pytest

from ledger import queries
from tests.support.cast import make_workspace
from tests.support.notary import without_guards
from tests.support.visitors import hire


@pytest.fixture
def kim(acme):
    return hire(acme, "Kim", "viewer")


def test_an_entry_shows_its_header_to_the_byte(kim, scene, ledger):
    seq = scene.record().appended.header.seq

    page = html.unescape(kim.get(f"entries/{seq}").content.decode())

    assert queries.entry(ledger, seq).leaf.decode() in page


def test_an_entry_leads_to_its_decision_and_its_neighbours(kim, scene):
    seq = scene.record().appended.header.seq
    scene.record()

    page = kim.get(f"entries/{seq}").content.decode()

    assert f'href="{kim.home}/d/{seq}"' in page
    assert f'rel="prev" href="{kim.home}/entries/{seq - 1}"' in page
    assert f'rel="next" href="{kim.home}/entries/{seq + 1}"' in page


def test_the_first_entry_belongs_to_no_decision(kim, acme):
    page = kim.get("entries/0").content.decode()

    assert "ledger.genesis" in page
    assert 'rel="prev"' not in page


def test_names_of_people_are_not_shown_with_a_header(kim, scene, ben):
    flagged = scene.flag(scene.record(), ben, "A reason").appended[0].header

    page = kim.get(f"entries/{flagged.seq}").content.decode()

    assert "ben@example.org" not in page


def test_an_entry_that_is_not_there_is_not_found(kim, acme):
    assert kim.get("entries/99").status_code == 404


def test_another_workspaces_entry_is_not_found(acme):
    sam = hire(make_workspace("other"), "Sam", "admin")

    assert sam.browser.get(f"/w/{acme.workspace.slug}/entries/0").status_code == 404


@pytest.mark.damages
@pytest.mark.django_db(transaction=True)
@pytest.mark.damages
def test_an_entry_that_cannot_be_read_is_shown_byte_for_byte(kim, scene, ledger):
    seq = scene.record().appended.header.seq
    overwrite(ledger, seq)

    answer = kim.get(f"entries/{seq}")

    assert answer.status_code == 200
    assert "What is stored here is not an entry" in answer.content.decode()
    assert "no entry at all" in answer.content.decode()


@pytest.mark.damages
@pytest.mark.django_db(transaction=True)
@pytest.mark.damages
def test_a_decision_whose_entry_cannot_be_read_says_so(kim, scene, ledger):
    seq = scene.record().appended.header.seq
    overwrite(ledger, seq)

    answer = kim.get(f"d/{seq}")

    assert answer.status_code == 500
    assert "A stored entry cannot be read" in answer.content.decode()
    assert f'href="{kim.home}/integrity"' in answer.content.decode()


def overwrite(ledger, seq):
    with without_guards("ledger_entry") as superuser:
        superuser.execute(
            "UPDATE ledger_entry SET leaf = 'no entry at all' WHERE ledger_id = %s AND seq = %s",
            [ledger.ledger_id, seq],
        )
