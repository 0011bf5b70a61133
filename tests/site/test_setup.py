"""The first person of an installation, by a link that works once."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError
from django.test import Client
from django.utils import timezone

from accounts import queries
from accounts.models import Membership

FORM = {
    "display_name": "Lee",
    "email": "Lee@Setup.example",
    "password": "a long enough password",
    "again": "a long enough password",
}


@pytest.fixture
def link(db, capsys):
    Membership.objects.all().delete()
    call_command("create_workspace", "default", "--if-missing")
    capsys.readouterr()
    call_command("setup_link")
    return capsys.readouterr().out.strip().removeprefix("http://localhost:8000")


@pytest.fixture
def browser():
    return Client(headers={"Host": "localhost"})


def send(browser, link, **changes):
    path, _, token = link.partition("?token=")
    return browser.post(path, FORM | {"token": token} | changes)


def test_the_link_opens_a_form(browser, link):
    assert b"Set up LoopGrid" in browser.get(link).content


def test_the_first_person_is_admin_and_reviewer_and_signed_in(browser, link):
    answer = send(browser, link)

    lee = queries.person_by_email("lee@setup.example")
    default = queries.workspace_by_slug("default")
    assert (answer.status_code, answer.headers["Location"]) == (302, "/setup/done")
    assert queries.roles_of(lee, default, at=timezone.now()) == ("admin", "reviewer")
    assert b"curl http://localhost:8000/v1/decisions" in browser.get("/setup/done").content


def test_further_roles_are_taken_by_choice(browser, link):
    send(browser, link, officer="on")

    lee = queries.person_by_email("lee@setup.example")
    assert queries.may_anywhere(lee, "export", at=timezone.now())


def test_the_link_works_once(browser, link):
    send(browser, link)

    again = send(Client(headers={"Host": "localhost"}), link, email="mallory@example.org")

    assert again.status_code == 404
    assert queries.person_by_email("mallory@example.org") is None


@pytest.mark.parametrize(
    "changes",
    [
        {"password": "short", "again": "short"},
        {"again": "another"},
        {"email": "x"},
        {"display_name": " "},
    ],
)
def test_a_form_with_a_mistake_is_shown_again_and_the_link_stays(browser, link, changes):
    answer = send(browser, link, **changes)

    assert answer.status_code == 422
    assert browser.get(link).status_code == 200
    assert queries.person_by_email("lee@setup.example") is None


@pytest.mark.parametrize("wrong", ["/setup", "/setup?token=guess", "/setup?token=%ed%a0%80"])
def test_without_the_link_there_is_no_set_up(browser, link, wrong):
    assert browser.get(wrong).status_code == 404


def test_a_newer_link_ends_the_older(browser, link):
    call_command("setup_link")

    assert browser.get(link).status_code == 404


def test_no_link_is_printed_once_there_is_an_admin(browser, link, capsys):
    send(browser, link)

    call_command("setup_link", "--if-missing")
    with pytest.raises(CommandError):
        call_command("setup_link")

    assert capsys.readouterr().out == ""
