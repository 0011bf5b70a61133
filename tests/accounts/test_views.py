"""Signing in and out, the profile, and a password by one-time link."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client

from accounts import ids, limits

PASSWORD = "a long enough password"
OTHER = "quite another passphrase"


@pytest.fixture
def browser():
    return Client(headers={"Host": "localhost"}, REMOTE_ADDR=ids.draw_id("peer"))


def sign_in(browser, email, password=PASSWORD, **more):
    return browser.post("/login", {"username": email, "password": password, **more})


def test_a_person_signs_in_in_any_case_and_starts_at_the_start(browser, hire):
    ada = hire("viewer")

    answer = sign_in(browser, ada.email.upper())

    assert (answer.status_code, answer.headers["Location"]) == (302, "/")


def test_a_person_returns_to_the_page_they_asked_for(browser, hire):
    asked = browser.get("/settings/profile")
    answer = sign_in(browser, hire("viewer").email, next="/settings/profile")

    assert asked.headers["Location"] == "/login?next=/settings/profile"
    assert answer.headers["Location"] == "/settings/profile"


@pytest.mark.parametrize("elsewhere", ["https://evil.example/", "//evil.example", "javascript:1"])
def test_signing_in_never_leads_to_another_site(browser, hire, elsewhere):
    answer = sign_in(browser, hire("viewer").email, next=elsewhere)

    assert answer.headers["Location"] == "/"


def test_a_wrong_password_an_unknown_person_and_one_who_left_look_alike(browser, hire):
    ada, gone = hire("viewer"), hire("viewer")
    gone.is_active = False
    gone.save()

    answers = [
        sign_in(browser, ada.email, "wrong"),
        sign_in(browser, "nobody@example.org"),
        sign_in(browser, gone.email),
    ]

    assert [answer.status_code for answer in answers] == [200, 200, 200]
    assert all(b"or the password is wrong" in answer.content for answer in answers)


def test_guessing_is_stopped_and_the_right_password_does_not_help_then(browser, hire):
    ada = hire("viewer")
    for _ in range(limits.TRIES_PER_PERSON):
        sign_in(browser, ada.email, "wrong")

    answer = sign_in(browser, ada.email)

    assert answer.status_code == 429
    assert "_auth_user_id" not in browser.session


def test_signing_in_rightly_again_and_again_is_never_stopped(browser, hire):
    ada = hire("viewer")

    answers = [sign_in(Client(**browser.defaults), ada.email) for _ in range(12)]

    assert {answer.status_code for answer in answers} == {302}


def test_signing_out_takes_a_form_not_a_link(browser, hire):
    sign_in(browser, hire("viewer").email)

    by_link = browser.get("/logout")
    by_form = browser.post("/logout")

    assert (by_link.status_code, by_form.status_code) == (405, 302)
    assert browser.get("/settings/profile").status_code == 302


def test_a_form_without_its_token_is_refused(hire):
    browser = Client(enforce_csrf_checks=True, headers={"Host": "localhost"})

    assert sign_in(browser, hire("viewer").email).status_code == 403


def test_the_profile_shows_and_changes_the_name(browser, hire):
    ada = hire("viewer")
    sign_in(browser, ada.email)

    browser.post("/settings/profile/name", {"display_name": "Ada L."})
    page = browser.get("/settings/profile")

    assert b'value="Ada L."' in page.content


def test_an_empty_name_is_refused(browser, hire):
    ada = hire("viewer")
    sign_in(browser, ada.email)

    answer = browser.post("/settings/profile/name", {"display_name": " "})

    ada.refresh_from_db()
    assert (answer.status_code, ada.display_name) == (422, "Ada")


def test_changing_the_password_keeps_this_session_and_ends_the_others(browser, hire):
    ada, elsewhere = hire("viewer"), Client(**browser.defaults)
    sign_in(browser, ada.email)
    sign_in(elsewhere, ada.email)
    form = {"old_password": PASSWORD, "new_password1": OTHER, "new_password2": OTHER}

    browser.post("/settings/profile/password", form)

    assert browser.get("/settings/profile").status_code == 200
    assert elsewhere.get("/settings/profile").status_code == 302


@pytest.mark.parametrize(
    ("old", "fresh", "again"),
    [("wrong", OTHER, OTHER), (PASSWORD, "short", "short"), (PASSWORD, OTHER, OTHER + "x")],
)
def test_a_password_is_not_changed_by_a_form_with_a_mistake(browser, hire, old, fresh, again):
    ada = hire("viewer")
    sign_in(browser, ada.email)
    form = {"old_password": old, "new_password1": fresh, "new_password2": again}

    answer = browser.post("/settings/profile/password", form)

    ada.refresh_from_db()
    assert answer.status_code == 422
    assert ada.check_password(PASSWORD)


def reset_link(email, capsys):
    call_command("reset_password", email)
    return capsys.readouterr().out.strip().removeprefix("http://localhost:8000")


def test_a_lost_password_is_set_by_a_link_that_works_once(browser, hire, capsys):
    ada = hire("viewer")
    link = reset_link(ada.email, capsys)
    form = browser.get(link).headers["Location"]

    browser.post(form, {"new_password1": OTHER, "new_password2": OTHER})

    ada.refresh_from_db()
    assert ada.check_password(OTHER)
    assert b"does not work any more" in Client(**browser.defaults).get(link).content


@pytest.mark.django_db
def test_no_link_is_made_for_somebody_who_is_not_here():
    with pytest.raises(CommandError):
        call_command("reset_password", "nobody@example.org")
