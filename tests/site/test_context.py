"""What stands round every page: where one is, where else one may go, and how it is told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import granting
from ledger.models import Heartbeat
from tests.support.cast import Acme, make_workspace
from tests.support.visitors import hire


@pytest.fixture
def lee(acme):
    return hire(acme, "Lee", "admin")


def test_the_menu_leads_an_admin_to_keys_and_people(lee):
    page = lee.get("decisions").content.decode()

    assert f'href="{lee.home}/settings/keys"' in page


def test_a_reviewer_sees_no_settings_of_the_workspace(acme):
    ada = hire(acme, "Ada", "reviewer")

    assert "settings/keys" not in ada.get("decisions").content.decode()


def test_a_page_of_ones_own_leads_back_to_the_workspace(lee):
    page = lee.browser.get("/settings/profile").content.decode()

    assert f'href="{lee.home}/decisions"' in page


def test_a_page_of_ones_own_has_the_badge_of_the_workspace(lee):
    page = lee.browser.get("/settings/profile").content.decode()

    assert "Not verified yet" in page


def test_a_workspace_whose_ledger_is_gone_is_called_broken(acme):
    bare = granting.open_workspace(f"bare-{acme.workspace.slug}", name="Bare")
    lee = hire(Acme(bare, acme.ledger), "Lee", "admin")

    answer = lee.browser.get("/settings/profile")

    assert answer.status_code == 200
    assert "Broken" in answer.content.decode()


def test_who_is_in_two_workspaces_can_switch(lee):
    other = make_workspace("other").workspace
    granting.add_membership(other, lee.user, role="viewer", expires_at=None, at=timezone.now())

    page = lee.get("decisions").content.decode()

    assert f'href="/w/{other.slug}/decisions"' in page


def test_local_mode_is_said_on_every_page(lee, settings):
    before = lee.get("decisions").content.decode()
    settings.OPEN_LOCAL = True

    assert "Local mode" not in before
    assert "can record without an API key" in lee.get("decisions").content.decode()


@pytest.mark.parametrize(("cookie", "drawn"), [("dark", True), ('"><script>', False)])
def test_the_theme_of_the_cookie_is_drawn_if_there_is_such_a_theme(lee, cookie, drawn):
    lee.browser.cookies["theme"] = cookie

    page = lee.get("decisions").content.decode()

    assert ("data-theme" in page) is drawn


def test_a_page_that_is_not_there_has_the_look_of_the_product(lee):
    page = lee.browser.get("/nowhere")

    assert page.status_code == 404
    assert "There is nothing here" in page.content.decode()
    assert page["X-Request-ID"] in page.content.decode()


def test_every_page_has_the_policy_that_allows_nothing_inline(lee):
    policy = lee.get("decisions")["Content-Security-Policy"]

    assert "default-src 'none'" in policy
    assert "unsafe" not in policy


@pytest.mark.parametrize(("seconds", "said"), [(30, False), (120, True)])
def test_a_worker_that_fell_silent_is_named_on_every_page(lee, seconds, said):
    seen_at = timezone.now() - timedelta(seconds=seconds)
    Heartbeat.objects.update_or_create(name="worker", defaults={"seen_at": seen_at})

    page = lee.get("decisions").content.decode()
    Heartbeat.objects.all().delete()

    assert ("The job worker has not answered for 2 minutes." in page) is said
