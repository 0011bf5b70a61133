"""Counters: a total is exact at every moment, whatever the follower has seen."""

from __future__ import annotations

import random

import pytest
from django.core.management import call_command
from django.db import connection

from ledger import content, counting, reviewing
from ledger.models import Decision
from ledger.queries import lists, totals
from ledger.queries.filters import STATUSES, Filters
from tests.support.cast import clock

pytestmark = pytest.mark.django_db(transaction=True)


def total(ledger, **filters):
    return totals.total_of(ledger, Filters(**filters))


def real(ledger, **filters):
    return Decision.objects.filter(ledger_id=ledger.ledger_id, **filters).count()


def follow(ledger):
    while counting.follow_counts(ledger, clock=clock):
        pass


def counters(ledger):
    with connection.cursor() as rows:
        rows.execute(
            "SELECT service, decision_type, status, sum(n) FROM ledger_count"
            " WHERE ledger_id = %s GROUP BY 1, 2, 3 HAVING sum(n) <> 0 ORDER BY 1, 2, 3",
            [ledger.ledger_id],
        )
        return rows.fetchall()


def test_a_total_counts_what_was_recorded_since_the_last_round(scene, ledger):
    scene.record()
    follow(ledger)
    scene.record()

    assert total(ledger) == 2


def test_a_verdict_moves_a_decision_that_was_counted_before(scene, ledger, ben):
    decision = scene.record()
    follow(ledger)
    scene.flag(decision, ben)

    before = [total(ledger, status=status) for status in STATUSES]
    follow(ledger)
    afterwards = [total(ledger, status=status) for status in STATUSES]

    assert before == afterwards == [0, 1, 0]


def test_a_verdict_taken_back_moves_the_decision_back(scene, ledger, ben):
    decision = scene.record()
    flagged = scene.flag(decision, ben)
    follow(ledger)
    reviewing.supersede(
        scene.at(decision),
        entry=flagged.appended[0].header.seq,
        verdict="withdrawn",
        reason=content.written("reason", "A mistake."),
        actor=ben,
        clock=clock,
        expected_newest=flagged.appended[0].header.seq,
    )

    assert [total(ledger, status=status) for status in STATUSES] == [1, 0, 0]


def test_totals_are_exact_in_any_order_of_recording_judging_and_counting(scene, ledger, ben):
    chance = random.Random(7)  # noqa: S311  the same walk every time
    recorded = []
    for _ in range(60):
        match chance.choice(("record", "record", "flag", "correct", "follow", "step")):
            case "record":
                recorded.append(scene.record(service_name=chance.choice("ab")))
            case "flag" if recorded:
                scene.flag(chance.choice(recorded), ben)
            case "correct" if recorded:
                scene.correct(chance.choice(recorded), ben, {"response": "x"})
            case "follow":
                follow(ledger)
            case "step":
                counting.following.follow(
                    counting.FOLLOWER, ledger, counting._roll, clock=clock, step=2
                )

        for status in STATUSES:
            for service in "ab":
                expected = real(ledger, status=status, service=service)
                assert total(ledger, status=status, service=service) == expected


def test_counting_again_gives_the_same_counters(scene, ledger, ben):
    for service in "aab":
        scene.flag(scene.record(service_name=service), ben)
    follow(ledger)
    before = counters(ledger)

    counting.recount(ledger)
    assert total(ledger) == 3
    follow(ledger)

    assert counters(ledger) == before != []


def test_wrong_counters_are_put_right_by_rebuilding(acme, scene, ledger):
    scene.record()
    follow(ledger)
    with connection.cursor() as rows:
        rows.execute("UPDATE ledger_count SET n = 7 WHERE ledger_id = %s", [ledger.ledger_id])
    assert total(ledger) == 7

    call_command("rebuild_projections", workspace=acme.workspace.slug, verbosity=0)

    assert total(ledger) == 1


def test_a_page_begins_in_the_right_block(scene, ledger, ben, monkeypatch):
    monkeypatch.setattr(totals, "BLOCK", 4)
    monkeypatch.setattr(counting, "BLOCK", 4)
    recorded = [scene.record(service_name="ab"[n % 2]) for n in range(18)]
    follow(ledger)
    recorded += [scene.record(service_name="ab"[n % 2]) for n in range(3)]
    wanted = [one.appended.header.seq for one in recorded if one.submission.facts["svc"] == "a"][
        ::-1
    ]

    pages = [
        lists.page_of(ledger, Filters(service="a"), page=page, page_size=3) for page in range(1, 6)
    ]

    assert [state.seq for page in pages for state in page.states] == wanted
    assert {page.total for page in pages} == {len(wanted)}
