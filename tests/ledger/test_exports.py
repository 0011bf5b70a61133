"""Exports: recorded first, complete, and one moment of the ledger whatever happens meanwhile."""

from __future__ import annotations

import pytest
from loopgrid_proof.headers import read_header

from ledger import exports, queries
from ledger.models import Entry
from ledger.queries.filters import Filters
from tests.support.cast import clock

pytestmark = pytest.mark.django_db(transaction=True)


def make(ledger, actor, filters=None, **more):
    asked = {"form": "jsonl", "with_content": True} | more
    return exports.make_export(ledger, filters or Filters(), actor=actor, clock=clock, **asked)


def test_an_export_is_an_entry_before_anything_is_read(ledger, noor):
    export = make(ledger, noor, form="csv", with_content=False)

    header = read_header(bytes(Entry.objects.get(ledger_id=ledger.ledger_id, seq=export.seq).leaf))
    assert header.kind == "export.made"
    assert header.facts == {"form": "csv", "scope": "list", "content": "none"}
    assert header.refs == {"export": export.export_id}
    assert export.export_id.startswith("bun_")


def test_an_export_holds_every_decision_newest_first(scene, ledger, agent, monkeypatch):
    monkeypatch.setattr(exports, "GROUP", 3)
    recorded = [scene.record().appended.header.seq for _ in range(8)]

    with exports.reading(make(ledger, agent)) as listing:
        found = [record.state.seq for record in listing.records()]

    assert found == recorded[::-1]


def test_what_happens_while_an_export_is_read_is_not_in_it(scene, ledger, agent, ben):
    decision = scene.record()
    export = make(ledger, agent)

    with exports.reading(export) as listing:
        from_elsewhere(lambda: (scene.flag(decision, ben), scene.record()))
        found = list(listing.records())

    assert [(record.state.seq, record.state.status) for record in found] == [(1, "recorded")]
    assert listing.as_of == export.seq < queries.end_of(ledger).seq


def test_large_contents_are_held_a_few_at_a_time(scene, ledger, agent, monkeypatch):
    monkeypatch.setattr(exports, "GROUP_BYTES", 1000)
    groups = []
    monkeypatch.setattr(
        exports,
        "records_of",
        lambda ledger, states: groups.append(len(states)) or queries.records_of(ledger, states),
    )
    for size in (10, 10, 2000, 10, 900):
        scene.record(input={"message": "x" * size})

    with exports.reading(make(ledger, agent)) as listing:
        assert len(list(listing.records())) == 5

    assert groups == [1, 1, 1, 2]


def from_elsewhere(act):
    """Run `act` in a thread, which has a connection of its own."""
    import threading

    from django.db import connection

    def run():
        try:
            act()
        finally:
            connection.close()

    other = threading.Thread(target=run)
    other.start()
    other.join(20)
    assert not other.is_alive()
