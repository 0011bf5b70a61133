"""Addresses without a workspace."""

from __future__ import annotations

import pytest

from tests.support.visitors import hire


@pytest.mark.parametrize(
    "address", ["decisions?q=is:open", "d/7", "d/dec_0", "entries/7", "integrity", "settings/keys"]
)
def test_a_short_address_leads_to_the_workspace_of_the_person(acme, address):
    kim = hire(acme, "Kim", "viewer")

    answer = kim.browser.get(f"/{address}")

    assert answer.url == f"{kim.home}/{address}"


def test_a_stranger_signs_in_first(client, db):
    assert client.get("/d/7").url == "/login?next=/d/7"


def test_somebody_without_a_workspace_finds_nothing(acme):
    kim = hire(acme, "Kim")

    assert kim.browser.get("/decisions").status_code == 404
