"""Every page in both themes: readable by everybody, and never wider than the window."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone
from playwright.sync_api import expect

from ledger.models import Heartbeat

WIDTHS = (320, 390, 768, 1024, 1180, 1440)
PAGES = (
    "decisions",
    "decisions?q=is:corrected+colour:blue",
    "d/{seq}",
    "d/{seq}/flag",
    "d/{seq}/correct",
    "entries/{seq}",
    "entries/{seq}/receipt",
    "integrity",
    "checkpoints",
    "settings/keys",
    "settings/people",
)


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("address", PAGES)
def test_a_page_breaks_no_rule_of_accessibility(seat, check, lee, reply, address, theme):
    desk = seat(lee, color_scheme=theme, bypass_csp=True)
    desk.expect("409")  # a receipt before its seal
    page = desk.open(address.format(seq=reply.appended.header.seq))

    broken = {}
    for width in (1440, 390):
        page.set_viewport_size({"width": width, "height": 900})
        broken[width] = check(page)

    assert broken == {1440: [], 390: []}


@pytest.mark.parametrize("address", PAGES)
def test_a_page_never_scrolls_sideways(seat, lee, reply, address):
    desk = seat(lee)
    desk.expect("409")
    page = desk.open(address.format(seq=reply.appended.header.seq))

    wide = {}
    for width in WIDTHS:
        page.set_viewport_size({"width": width, "height": 900})
        wide[width] = page.evaluate("document.documentElement.scrollWidth")

    assert {width: reached for width, reached in wide.items() if reached > width} == {}


@pytest.mark.parametrize("width", WIDTHS)
def test_the_name_of_a_decision_is_never_squeezed_out_of_the_list(seat, lee, reply, width):
    page = seat(lee, viewport={"width": width, "height": 900}).open("decisions")

    name = page.locator(".tbl .d a").bounding_box()

    assert name is not None
    assert name["width"] > 150


@pytest.mark.parametrize(
    ("size", "most"), [((1440, 900), 80), ((390, 844), 80), ((320, 256), None)]
)
def test_the_acts_stay_in_sight_without_hiding_the_decision(seat, lee, scene, size, most):
    long = scene.record(output={"response": "A line.\n" * 300})
    width, height = size
    page = seat(lee, viewport={"width": width, "height": height}).open(
        f"d/{long.appended.header.seq}"
    )

    acts = page.locator("#verdict").bounding_box()

    assert acts is not None
    if most is None:
        assert acts["y"] > height  # too low a window to spare the room
    else:
        assert acts["y"] + acts["height"] <= height
        assert acts["height"] <= most


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("address", ["/login", "/nowhere", "/setup?token=none"])
def test_a_page_before_signing_in_breaks_no_rule(seat, check, lee, live_server, address, theme):
    desk = seat(lee, color_scheme=theme, bypass_csp=True)
    desk.expect("404")
    desk.context.clear_cookies()
    desk.page.goto(f"{live_server.url}{address}")
    desk.page.set_viewport_size({"width": 320, "height": 700})

    assert check(desk.page) == []
    assert desk.page.evaluate("document.documentElement.scrollWidth") <= 320


def test_the_checker_sees_what_is_wrong(seat, check, lee, reply):
    page = seat(lee, bypass_csp=True).open("decisions")

    page.evaluate("document.querySelector('main').append(document.createElement('button'))")

    assert [found.split(":")[0] for found in check(page)] == ["button-name"]


def test_banners_break_no_rule(seat, check, lee, reply, settings):
    settings.OPEN_LOCAL = True
    long_ago = timezone.now() - timedelta(minutes=5)
    for name in ("worker", "notary"):
        Heartbeat.objects.update_or_create(name=name, defaults={"seen_at": long_ago})

    page = seat(lee, bypass_csp=True).open(f"d/{reply.appended.header.seq}")
    found = check(page)
    Heartbeat.objects.all().delete()

    expect(page.get_by_role("region", name="Notices")).to_contain_text("The notary has not")
    assert found == []


def test_open_dialog_and_menus_break_no_rule(seat, check, lee, reply):
    desk = seat(lee, bypass_csp=True)
    page = desk.open(f"d/{reply.appended.header.seq}")
    page.get_by_label("Menu of Lee").click()
    menu = check(page)
    page.keyboard.press("Escape")
    page.keyboard.press("?")

    assert (menu, check(page)) == ([], [])


@pytest.mark.parametrize(
    ("address", "menu"),
    [("decisions", "Filter"), ("settings/people", "Give a role"), ("decisions", None)],
)
def test_an_open_menu_stays_on_a_narrow_screen(seat, lee, reply, address, menu):
    page = seat(lee, viewport={"width": 320, "height": 800}).open(address)
    opener = page.get_by_text(menu, exact=True) if menu else page.get_by_label("Menu of Lee")

    opener.first.click()

    box = page.locator("details[open] > .pop").bounding_box()
    assert box is not None
    assert box["x"] >= 0
    assert box["x"] + box["width"] <= 320


def test_a_theme_is_kept_and_drawn_by_the_server(seat, lee, reply):
    page = seat(lee, color_scheme="light").open(f"d/{reply.appended.header.seq}")

    page.get_by_label("Switch light or dark theme").click()
    page.reload()

    expect(page.locator("html")).to_have_attribute("data-theme", "dark")


def test_hostile_content_is_text(seat, lee, scene):
    hostile = scene.record(
        input={"messages": [{"role": "user", "content": "<img src=x onerror=alert(1)>"}]},
        output={
            "response": "<script>alert(1)</script> \u202e \u0000 مرحبا 😀",
            "deep": {"a": [[{"b": {"c": [None, True, 2.5]}}]]},
            "long": "x" * 5000,
        },
    )
    page = seat(lee).open(f"d/{hostile.appended.header.seq}")

    expect(page.get_by_text("<script>alert(1)</script>")).to_be_visible()
    expect(page.get_by_text("<img src=x onerror=alert(1)>")).to_be_visible()
    page.set_viewport_size({"width": 320, "height": 900})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
