"""Somebody signs in and finds a decision: by keys, by words, without scripts."""

from __future__ import annotations

import re

import pytest
from playwright.sync_api import expect

from tests.support.visitors import PASSWORD


@pytest.fixture
def three(scene):
    """Three decisions, oldest first."""
    return [
        scene.record(service_name=name).appended.header.seq for name in ("alpha", "beta", "gamma")
    ]


def test_a_first_decision_appears_while_one_looks(seat, ada, scene):
    page = seat(ada).open("decisions")
    expect(page.get_by_text("No decision is recorded yet")).to_be_visible()

    scene.record(service_name="alpha")

    expect(page.get_by_role("cell", name="alpha")).to_be_visible()


def test_the_first_call_is_copied_whole(seat, ada, acme):
    desk = seat(ada, permissions=["clipboard-read", "clipboard-write"])
    page = desk.open("decisions")

    page.get_by_role("button", name="Copy the call").click()
    expect(page.locator("#live")).to_have_text("Copied")

    copied = page.evaluate("navigator.clipboard.readText()")
    assert copied.startswith("curl http")
    assert '"decision_type"' in copied


def test_signing_in_leads_back_to_the_page_that_was_asked_for(seat, ada, three):
    desk = seat(ada)
    desk.context.clear_cookies()
    page = desk.open(f"d/{three[0]}")

    page.get_by_label("Email").fill(ada.user.email)
    page.get_by_label("Password").fill(PASSWORD)
    page.get_by_role("button", name="Sign in").click()

    expect(page).to_have_url(f"{desk.home}/d/{three[0]}")


def test_keys_move_through_the_list_and_open_a_row(seat, ada, three):
    desk = seat(ada)
    page = desk.open("decisions")

    page.keyboard.press("j")
    page.keyboard.press("j")
    page.keyboard.press("Enter")

    expect(page).to_have_url(f"{desk.home}/d/{three[1]}")


def test_a_click_anywhere_on_a_row_opens_it(seat, ada, three):
    desk = seat(ada)
    page = desk.open("decisions")

    page.get_by_role("cell", name="gpt-4").first.click()

    expect(page).to_have_url(f"{desk.home}/d/{three[2]}")


def test_a_decision_is_found_by_its_number_in_two_actions(seat, ada, three):
    page = seat(ada).open("decisions")

    page.keyboard.press("/")
    page.keyboard.type(f"#{three[0]}")
    page.keyboard.press("Enter")

    expect(page.locator(".tbl .c-no").nth(1)).to_have_text(str(three[0]))
    expect(page.locator(".tbl tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile(rf"q=%23{three[0]}"))


def test_the_filter_menu_writes_its_tokens_into_the_box(seat, ada, three):
    page = seat(ada).open("decisions")

    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Service").fill("beta")
    page.get_by_role("button", name="Add to the search").click()

    expect(page.get_by_label("Search decisions")).to_have_value("service:beta")
    expect(page.locator(".tbl tbody tr")).to_have_count(1)
    expect(page).to_have_url(re.compile("q=service"))


def test_back_leads_to_the_list_as_it_was(seat, ada, three):
    page = seat(ada).open("decisions")
    page.get_by_label("Search decisions").fill("service:beta")
    page.keyboard.press("Enter")
    expect(page.locator(".tbl tbody tr")).to_have_count(1)

    page.go_back()

    expect(page.locator(".tbl tbody tr")).to_have_count(3)


def test_search_and_filter_work_without_scripts(seat, ada, three):
    page = seat(ada, java_script_enabled=False).open("decisions")

    page.get_by_text("Filter", exact=True).click()
    page.get_by_label("Service").fill("alpha")
    page.get_by_role("button", name="Add to the search").click()
    page.get_by_role("link", name="customer_support_reply").click()

    expect(page.get_by_role("heading", level=1)).to_contain_text(f"#{three[0]}")


def test_two_letters_lead_to_another_page(seat, ada, three):
    desk = seat(ada)
    page = desk.open(f"d/{three[0]}")

    page.keyboard.press("g")
    page.keyboard.press("d")

    expect(page).to_have_url(f"{desk.home}/decisions")


def test_signing_out_ends_the_session(seat, ada, three):
    desk = seat(ada)
    page = desk.open("decisions")

    page.get_by_label("Menu of Ada").click()
    page.get_by_role("button", name="Sign out").click()
    page.goto(f"{desk.home}/decisions")

    expect(page.get_by_role("heading", name="Sign in")).to_be_visible()
