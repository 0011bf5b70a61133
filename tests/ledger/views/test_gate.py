"""What stands before every page: a way back after signing in, and a way in without a page."""

from __future__ import annotations

import pytest
from django.test import Client

from tests.support.cast import Acme, make_workspace
from tests.support.visitors import Visitor, hire


@pytest.fixture
def noor(acme: Acme) -> Visitor:
    return hire(acme, "Noor", "compliance_officer")


def test_a_form_sent_after_signing_out_leads_back_to_where_it_was_written(noor: Visitor) -> None:
    page = f"{noor.home}/integrity"

    answer = Client().post(f"{noor.home}/integrity/runs", HTTP_REFERER=f"http://testserver{page}")

    assert answer["Location"] == f"/login?next={page}"


@pytest.mark.parametrize("referer", ["https://elsewhere.example/w/a", "", "javascript:alert(1)"])
def test_a_form_from_nowhere_leads_to_the_start(noor: Visitor, referer: str) -> None:
    answer = Client().post(f"{noor.home}/integrity/runs", HTTP_REFERER=referer)

    assert answer["Location"] == "/login?next=/decisions"


def test_who_signs_in_again_is_told_that_nothing_was_recorded(noor: Visitor) -> None:
    browser = Client()

    page = browser.post(f"{noor.home}/integrity/runs", follow=True).content.decode()

    assert "Nothing was recorded" in page


@pytest.mark.parametrize("end", ["", "/"])
def test_the_address_of_a_workspace_leads_to_its_decisions(noor: Visitor, end: str) -> None:
    answer = noor.browser.get(f"{noor.home}{end}")

    assert answer["Location"] == f"{noor.home}/decisions"


def test_the_address_of_another_workspace_leads_nowhere(noor: Visitor) -> None:
    other = make_workspace("other").workspace

    assert noor.browser.get(f"/w/{other.slug}").status_code == 404
