"""The page of a decision: what it shows, and the entries its forms leave."""

from __future__ import annotations

import re
import secrets
from typing import Any

import pytest
from django.utils import timezone

from accounts import actors, granting
from accounts.granting import KeyTerms
from ledger import queries
from ledger.queries import LedgerRef
from ledger.recording import Recorded
from tests.support.cast import Scene, make_workspace
from tests.support.visitors import hire


def page_of(reply: Recorded) -> str:
    return f"d/{reply.appended.header.seq}"


def kinds(ledger: LedgerRef, reply: Recorded) -> list[str]:
    return [header.kind for header in queries.headers_of(ledger, reply.decision_id)]


def seen(ledger: LedgerRef, reply: Recorded) -> int:
    return queries.decision(ledger, reply.decision_id).newest_seq


@pytest.fixture
def sent(ledger: LedgerRef, reply: Recorded):
    """Return the fields of a form as it would be rendered now."""

    def fields(**more: Any) -> dict[str, Any]:
        return {"seen": seen(ledger, reply), "form_key": secrets.token_hex(16)} | more

    return fields


def test_a_decision_shows_what_went_in_and_what_came_out(ada, reply):
    page = ada.get(page_of(reply)).content.decode()

    assert "I was charged twice" in page
    assert "Your account looks fine." in page
    assert reply.appended.header.leaf_hash.hex() in page


def test_nothing_of_a_decision_stands_in_its_title(ada, reply):
    page = ada.get(page_of(reply)).content.decode()

    title = re.search(r"<title>(.*?)</title>", page)

    assert title is not None
    assert title.group(1) == f"#{reply.appended.header.seq} · LoopGrid"


def test_a_decision_page_is_never_stored(ada, reply):
    assert ada.get(page_of(reply))["Cache-Control"] == "no-store"


def test_looks_right_leaves_an_entry_and_its_receipt(ada, reply, ledger, sent):
    answer = ada.post(f"{page_of(reply)}/confirm", sent())

    assert kinds(ledger, reply) == ["decision.recorded", "decision.confirmed"]
    assert answer.status_code == 302
    assert f"receipt={seen(ledger, reply)}" in answer.url


def test_the_receipt_shows_number_and_hash_of_the_entry(ada, reply, ledger, sent):
    answer = ada.post(f"{page_of(reply)}/confirm", sent(), follow=True)

    entry = queries.headers_of(ledger, reply.decision_id)[-1]

    assert f'<p class="no">#{entry.seq}<' in answer.content.decode()
    assert entry.leaf_hash.hex() in answer.content.decode()


def test_a_flag_keeps_its_reason(ada, reply, ledger, sent):
    ada.post(f"{page_of(reply)}/flag", sent(reason_code="missed_fact", reason="It was twice."))

    page = ada.get(page_of(reply)).content.decode()
    entry = queries.headers_of(ledger, reply.decision_id)[-1]

    assert entry.facts["reason"] == "missed_fact"
    assert "Ada flagged this." in page
    assert "It was twice." in page


def test_a_flag_without_a_reason_leaves_nothing(ada, reply, ledger, sent):
    answer = ada.post(f"{page_of(reply)}/flag", sent(reason="Words are kept"))

    assert answer.status_code == 422
    assert "Words are kept" in answer.content.decode()
    assert kinds(ledger, reply) == ["decision.recorded"]


def test_a_correction_stands_beside_the_original(ada, reply, ledger, sent):
    ada.post(f"{page_of(reply)}/correct", sent(f0="Your account was charged twice."))

    page = ada.get(page_of(reply)).content.decode()

    assert kinds(ledger, reply)[-1] == "correction.attached"
    assert "<del>looks fine.</del>" in page
    assert "<ins>was charged twice.</ins>" in page


def test_taking_a_verdict_back_strikes_it_through(ada, reply, ledger, sent):
    ada.post(f"{page_of(reply)}/flag", sent(reason_code="tone"))
    flagged = seen(ledger, reply)

    ada.post(
        f"{page_of(reply)}/supersede",
        sent(entry=flagged, verdict="withdrawn", reason="Wrong key"),
    )

    page = ada.get(page_of(reply)).content.decode()
    assert queries.decision(ledger, reply.decision_id).status == "recorded"
    assert 'class="flagged gone"' in page
    assert "Wrong key" in page


def test_a_second_click_leaves_no_second_entry(ada, reply, ledger, sent):
    form = sent()

    first = ada.post(f"{page_of(reply)}/confirm", form)
    second = ada.post(f"{page_of(reply)}/confirm", form)

    assert first.url == second.url
    assert len(kinds(ledger, reply)) == 2


def test_a_form_sent_again_with_other_words_is_refused(ada, reply, ledger, sent):
    form = sent(reason_code="tone", reason="One")

    ada.post(f"{page_of(reply)}/flag", form)
    answer = ada.post(f"{page_of(reply)}/flag", form | {"reason": "Two"})

    assert answer.status_code == 409
    assert len(kinds(ledger, reply)) == 2


def test_who_saw_too_little_is_told_what_came_in_between(ada, ben, reply, ledger, sent):
    mine = sent(reason_code="tone", reason="My words")
    ben.post(f"{page_of(reply)}/flag", sent(reason_code="other", reason="His words"))

    answer = ada.post(f"{page_of(reply)}/flag", mine)

    page = answer.content.decode()
    assert answer.status_code == 409
    assert "My words" in page
    assert "His words" in page
    assert len(kinds(ledger, reply)) == 2


def test_a_conflict_can_be_sent_again_on_purpose(ada, ben, reply, ledger, sent):
    mine = sent(reason_code="tone")
    ben.post(f"{page_of(reply)}/flag", sent(reason_code="other"))
    page = ada.post(f"{page_of(reply)}/flag", mine).content.decode()
    fresh = dict(re.findall(r'name="(seen|form_key)" value="([0-9a-f]+)"', page))

    answer = ada.post(f"{page_of(reply)}/flag", mine | fresh)

    assert answer.status_code == 302
    assert len(kinds(ledger, reply)) == 3


def test_another_reviewers_verdict_is_not_hers_to_supersede(ada, ben, reply, ledger, sent):
    ben.post(f"{page_of(reply)}/flag", sent(reason_code="other"))
    theirs = seen(ledger, reply)

    answer = ada.post(
        f"{page_of(reply)}/supersede", sent(entry=theirs, verdict="withdrawn", reason="No")
    )

    assert answer.status_code == 404
    assert len(kinds(ledger, reply)) == 2


def test_an_officer_supersedes_anybodys_verdict_with_a_reason(noor, ben, reply, ledger, sent):
    ben.post(f"{page_of(reply)}/flag", sent(reason_code="other"))
    theirs = seen(ledger, reply)

    noor.post(
        f"{page_of(reply)}/supersede", sent(entry=theirs, verdict="withdrawn", reason="Duplicate")
    )

    assert kinds(ledger, reply)[-1] == "verdict.superseded"


@pytest.mark.parametrize("act", ["confirm", "flag", "correct", "supersede"])
def test_a_viewer_records_nothing(kim, reply, ledger, sent, act):
    form = sent(reason_code="tone", verdict="withdrawn", reason="x", entry=1, f0="y")

    answer = kim.post(f"{page_of(reply)}/{act}", form)

    assert answer.status_code == 403
    assert kinds(ledger, reply) == ["decision.recorded"]


def test_a_viewer_sees_no_button_that_would_refuse_them(kim, reply):
    page = kim.get(page_of(reply)).content.decode()

    assert "Looks right" not in page.split("Your verdict")[-1].split("</section>")[0]
    assert "role of reviewer" in page


def test_a_stranger_cannot_learn_that_a_decision_exists(reply):
    sam = hire(make_workspace("other"), "Sam", "reviewer", "admin")
    acme = reply.appended.header.log.rsplit("/", 1)[-1]

    there = sam.browser.get(f"/w/{acme}/{page_of(reply)}")
    nowhere = sam.browser.get("/w/no-such-workspace/d/1")

    assert (there.status_code, nowhere.status_code) == (404, 404)


def test_a_decision_is_found_by_its_id(ada, reply):
    answer = ada.get(f"d/{reply.decision_id}")

    assert answer.url.endswith(page_of(reply))


@pytest.mark.parametrize("number", ["0", "999999999", "99999999999999999999999"])
def test_a_number_that_is_no_decision_is_not_found(ada, reply, number):
    assert ada.get(f"d/{number}").status_code == 404


def test_the_record_is_downloaded_as_it_was_sent(ada, scene: Scene):
    reply = scene.record(
        b'{"service_name":"s","decision_type":"t","input":{"n":1.50},"model":{},"output":{"e":1e2}}'
    )

    raw = ada.get(f"{page_of(reply)}/raw.json")

    assert b'"input":{"n":1.50}' in raw.content
    assert b'"output":{"e":1e2}' in raw.content


def test_a_fragment_is_the_form_alone(ada, reply):
    answer = ada.get(f"{page_of(reply)}/flag", headers={"HX-Request": "true"})

    assert b"<html" not in answer.content
    assert b"What was wrong?" in answer.content
    assert "HX-Request" in answer["Vary"]


def test_somebody_signed_out_comes_back_to_the_page(client, ada, reply):
    address = f"{ada.home}/{page_of(reply)}"

    assert client.get(address).url == f"/login?next={address}"
    assert client.get(address, headers={"HX-Request": "true"}).status_code == 401


def test_a_decision_costs_few_queries(ada, reply, django_assert_max_num_queries):
    ada.get(page_of(reply))

    with django_assert_max_num_queries(15):
        ada.get(page_of(reply))


def test_a_key_is_told_by_its_name(ada, acme):
    terms = KeyTerms(name="support-agent-prod", scopes=("record",))
    issued = granting.add_key(acme.workspace, terms, created_by="console", at=timezone.now())
    reply = Scene(acme.ledger, actors.service(issued.key.pk)).record()

    assert "API key support-agent-prod" in ada.get(page_of(reply)).content.decode()


def test_an_output_of_many_fields_can_be_corrected(ada, scene):
    reply = scene.record(output={f"field_{n}": n for n in range(50)})

    page = ada.get(f"{page_of(reply)}/correct").content.decode()

    assert '<details class="raw" open><summary>Edit as JSON' in page
