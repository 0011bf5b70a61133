"""Ada judges decisions in her browser: by keys, without scripts, beside a colleague."""

from __future__ import annotations

import re

from playwright.sync_api import expect

from ledger import queries
from ledger.queries import LedgerRef
from ledger.recording import Recorded


def kinds(ledger: LedgerRef, reply: Recorded) -> list[str]:
    return [header.kind for header in queries.headers_of(ledger, reply.decision_id)][1:]


def at(reply: Recorded) -> str:
    return f"d/{reply.appended.header.seq}"


def test_an_easy_decision_takes_one_key(seat, ada, reply, ledger):
    page = seat(ada).open(at(reply))

    page.keyboard.press("a")

    expect(page.get_by_text("Looks right recorded")).to_be_visible()
    assert kinds(ledger, reply) == ["decision.confirmed"]


def test_a_flag_takes_three_keys_and_a_text(seat, ada, reply, ledger):
    page = seat(ada).open(at(reply))

    page.keyboard.press("f")
    expect(page.get_by_text("What was wrong?")).to_be_visible()
    page.keyboard.press("1")
    page.keyboard.press("n")
    page.keyboard.type("It was charged twice; a, f and 1 are only letters here.")
    page.keyboard.press("Control+Enter")

    expect(page.get_by_text("Flag recorded")).to_be_visible()
    expect(page.locator("#receipt")).to_be_focused()
    assert kinds(ledger, reply) == ["decision.marked_incorrect"]


def test_a_correction_needs_no_mouse(seat, ada, reply, ledger):
    page = seat(ada).open(at(reply))

    page.keyboard.press("c")
    expect(page.get_by_label("Corrected response")).to_be_visible()
    page.get_by_label("Corrected response").focus()
    page.keyboard.press("Control+a")
    page.keyboard.type("Your plan was charged twice.")
    page.keyboard.press("Tab")
    page.keyboard.press("Control+a")
    page.keyboard.type("49.00")
    page.keyboard.press("Control+Enter")

    expect(page.get_by_text("Correction recorded")).to_be_visible()
    content = queries.content_of(ledger, queries.end_of(ledger).seq)["correction"].content
    assert content == b'{"response":"Your plan was charged twice.","refund":49.00}'


def test_a_form_that_opens_has_the_focus_and_nothing_chosen(seat, ada, reply):
    page = seat(ada).open(at(reply))

    page.keyboard.press("f")

    expect(page.get_by_label("Missed a fact")).to_be_focused()
    expect(page.get_by_label("Missed a fact")).not_to_be_checked()


def test_a_form_that_is_left_leaves_the_focus_at_the_acts(seat, ada, reply):
    page = seat(ada).open(at(reply))
    page.keyboard.press("f")
    expect(page.get_by_label("Missed a fact")).to_be_focused()

    page.keyboard.press("Escape")

    expect(page.locator("#verdict")).to_be_focused()


def test_a_verdict_can_be_taken_back_from_its_receipt(seat, ada, reply, ledger):
    page = seat(ada).open(at(reply))
    page.keyboard.press("a")
    expect(page.get_by_text("Looks right recorded")).to_be_visible()

    page.keyboard.press("u")
    page.get_by_label("Take it back, without another verdict").check()
    page.get_by_label("Why?").fill("Pressed the wrong key")
    page.get_by_role("button", name="Record").click()

    expect(page.locator(".tl .gone .h b")).to_have_text("Looks right")
    assert kinds(ledger, reply) == ["decision.confirmed", "verdict.superseded"]


def test_every_act_works_without_scripts(seat, ada, reply, ledger):
    page = seat(ada, java_script_enabled=False).open(at(reply))

    page.get_by_role("link", name="Flag").click()
    page.get_by_label("Missed a fact").check()
    page.get_by_role("button", name="Record flag").click()
    page.get_by_role("link", name="Correct").click()
    page.get_by_label("Corrected response").fill("Charged twice.")
    page.get_by_role("button", name="Record correction").click()
    page.locator("#verdict").get_by_role("link", name="Supersede").click()
    page.get_by_label("Take it back, without another verdict").check()
    page.get_by_label("Why?").fill("Not mine to say")
    page.get_by_role("button", name="Record").click()

    assert kinds(ledger, reply) == [
        "decision.marked_incorrect",
        "correction.attached",
        "correction.superseded",
    ]


def test_a_form_with_a_fault_keeps_words_and_takes_focus(seat, ada, reply, ledger):
    desk = seat(ada)
    desk.expect("422")
    page = desk.open(at(reply))

    page.keyboard.press("f")
    page.get_by_label("Reason for the record").fill("Words to keep")
    page.get_by_role("button", name="Record flag").click()

    expect(page.get_by_role("alert").filter(has_text="Nothing was recorded.")).to_be_focused()
    expect(page.get_by_label("Reason for the record")).to_have_value("Words to keep")
    assert kinds(ledger, reply) == []


def test_two_browsers_on_one_decision_leave_nobodys_words_behind(seat, ada, ben, reply, ledger):
    his, hers = seat(ben), seat(ada)
    hers.expect("409")
    page = hers.open(at(reply))
    page.keyboard.press("f")
    page.get_by_label("Tone").check()
    page.get_by_label("Reason for the record").fill("My words")
    his.open(at(reply)).keyboard.press("a")
    expect(his.page.get_by_text("Looks right recorded")).to_be_visible()

    page.get_by_role("button", name="Record flag").click()

    expect(
        page.get_by_role("alert").filter(has_text="Ben found that it looks right")
    ).to_be_visible()
    expect(page.get_by_label("Reason for the record")).to_have_value("My words")
    assert kinds(ledger, reply) == ["decision.confirmed"]


def test_a_session_that_ends_leaves_what_was_typed(seat, ada, reply, ledger):
    desk = seat(ada)
    desk.expect("401")
    page = desk.open(at(reply))
    page.keyboard.press("f")
    page.get_by_label("Tone").check()
    page.get_by_label("Reason for the record").fill("My words")
    desk.context.clear_cookies(name="loopgrid_session")

    page.get_by_role("button", name="Record flag").click()

    expect(page.get_by_text("You were signed out.")).to_be_visible()
    expect(page.get_by_label("Reason for the record")).to_have_value("My words")


def test_a_double_click_leaves_one_entry(seat, ada, reply, ledger):
    page = seat(ada).open(at(reply))

    page.get_by_role("button", name="Looks right").dblclick()

    expect(page.get_by_text("Looks right recorded")).to_be_visible()
    assert kinds(ledger, reply) == ["decision.confirmed"]


def test_odd_keys_do_nothing(seat, ada, reply, ledger):
    page = seat(ada).open(at(reply))

    for key in ('"', "\\", "]", "'", "F1", "ü", "Tab"):
        page.keyboard.press(key) if len(key) > 1 else page.keyboard.insert_text(key)

    expect(page.get_by_role("heading", level=1)).to_be_visible()
    assert kinds(ledger, reply) == []


def test_single_keys_can_be_switched_off_for_good(seat, ada, reply, ledger):
    page = seat(ada).open(at(reply))
    page.keyboard.press("?")
    page.get_by_label("Single-key shortcuts on").uncheck()
    page.keyboard.press("Escape")
    page.reload()

    page.keyboard.press("f")

    assert page.get_by_text("What was wrong?").count() == 0


def test_nothing_of_a_decision_stays_in_the_browser(seat, ada, reply):
    page = seat(ada).open(at(reply))
    page.keyboard.press("f")
    expect(page.get_by_text("What was wrong?")).to_be_visible()

    kept = page.evaluate("JSON.stringify([{...localStorage}, {...sessionStorage}, location.href])")

    assert not re.search("charged|fine|response", kept)
    assert "charged" not in page.title()
