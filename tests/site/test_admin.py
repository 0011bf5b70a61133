"""Who is let into the admin site, and by which door."""

from __future__ import annotations

import pytest
from django.test import Client

from accounts.models import User


@pytest.fixture
def browser():
    return Client(headers={"Host": "localhost"})


def person(*, is_staff):
    return User.objects.create(
        email=f"{is_staff}@example.org".lower(), display_name="Ada", is_staff=is_staff
    )


@pytest.mark.django_db
def test_nobody_signs_in_at_the_admin_site_itself(browser):
    asked = browser.get("/admin/", follow=True)
    sent = browser.post("/admin/login/", {"username": "a@example.org", "password": "x"})

    assert asked.redirect_chain[-1][0] == "/login?next=/admin/"
    assert sent.headers["Location"] == "/login?next=/admin/"


@pytest.mark.django_db
def test_somebody_without_the_right_is_refused_not_sent_in_circles(browser):
    browser.force_login(person(is_staff=False))

    assert browser.get("/admin/", follow=True).status_code == 403


@pytest.mark.django_db
def test_somebody_with_the_right_enters(browser):
    browser.force_login(person(is_staff=True))

    assert browser.get("/admin/").status_code == 200
