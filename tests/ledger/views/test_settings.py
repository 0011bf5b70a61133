"""The pages for people and keys, as an admin and as anybody else meets them."""

from __future__ import annotations

import re
from datetime import timedelta

import pytest
from django.test import Client
from django.utils import timezone

from accounts import actors, ids, keys, profiles, queries
from accounts.models import User
from ledger import administration
from ledger.models import Entry, Ledger

NEW_KEY = {"name": "ci", "preset": "developer", "services": "", "days": ""}


def open_workspace():
    return administration.create_workspace(
        f"acme-{ids.draw_uuid().hex[-12:]}",
        name="Acme",
        actor=actors.CONSOLE,
        clock=timezone.now,
    )


def join(workspace, role, name):
    added = administration.add_person(
        workspace,
        email=f"{ids.draw_uuid().hex}@example.org",
        display_name=name,
        role=role,
        actor=actors.CONSOLE,
        clock=timezone.now,
    )
    profiles.change_password(added.user, password="a long enough password")
    return added.user


def browser_of(user):
    browser = Client(headers={"Host": "localhost"})
    browser.force_login(user)
    return browser


def newest(workspace):
    ledger = Ledger.objects.get(workspace_id=workspace.pk)
    return Entry.objects.filter(ledger_id=ledger.pk).order_by("-seq").first()


@pytest.fixture
def acme(db):
    return open_workspace()


@pytest.fixture
def lee(acme):
    return join(acme, "admin", "Lee")


@pytest.fixture
def browser(lee):
    return browser_of(lee)


@pytest.fixture
def at(acme):
    return f"/w/{acme.slug}/settings"


def test_a_key_is_shown_once_and_later_only_its_prefix(browser, acme, at):
    made = browser.post(f"{at}/keys", NEW_KEY)
    secret = re.search(rb"lg_live_[a-z2-7]{48}", made.content)[0].decode()

    page = browser.get(f"{at}/keys").content.decode()

    (key,) = queries.keys_of(acme)
    assert bytes(key.digest) == keys.digest_key(secret)
    assert secret not in page
    assert key.prefix in page
    assert "by Lee" in page


def test_a_reload_of_the_answer_makes_no_second_key_and_shows_no_secret(browser, acme, at):
    form = NEW_KEY | {"form_key": "a" * 32}
    browser.post(f"{at}/keys", form)

    again = browser.post(f"{at}/keys", form).content.decode()

    assert queries.keys_of(acme).count() == 1
    assert "lg_live_" in again
    assert not re.search(r"lg_live_[a-z2-7]{48}", again)
    assert "This form was sent before" in again


def test_a_reload_of_a_rotation_makes_no_third_key(browser, acme, at):
    browser.post(f"{at}/keys", NEW_KEY)
    old = queries.keys_of(acme).get()
    form = {"overlap_hours": "24", "form_key": "b" * 32}
    browser.post(f"{at}/keys/{old.pk}/rotate", form)

    again = browser.post(f"{at}/keys/{old.pk}/rotate", form)

    assert again.status_code == 200
    assert queries.keys_of(acme).count() == 2


def test_a_form_sent_again_with_other_words_makes_nothing(browser, acme, at):
    browser.post(f"{at}/keys", NEW_KEY | {"form_key": "c" * 32})

    answer = browser.post(f"{at}/keys", NEW_KEY | {"name": "other", "form_key": "c" * 32})

    assert answer.status_code == 422
    assert queries.keys_of(acme).count() == 1


def test_the_forms_for_keys_carry_a_key_of_their_own(browser, acme, at):
    first, second = (browser.get(f"{at}/keys").content.decode() for _ in range(2))

    keys_of_forms = [
        re.search(r'name="form_key" value="([0-9a-f]{32})"', p) for p in (first, second)
    ]

    assert keys_of_forms[0][1] != keys_of_forms[1][1]


def test_making_a_key_is_an_entry_by_the_admin(browser, acme, lee, at):
    browser.post(f"{at}/keys", NEW_KEY)

    leaf = bytes(newest(acme).leaf).decode()

    assert '"k":"settings.changed"' in leaf
    assert f'"id":"{lee.public_id}","ro":"admin"' in leaf


def test_a_personal_key_belongs_to_the_admin_who_made_it(browser, acme, lee, at):
    browser.post(f"{at}/keys", NEW_KEY | {"personal": "on"})

    assert queries.keys_of(acme).get().owner == lee


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"name": ""}, "required"),
        ({"preset": ""}, "each once"),
        ({"preset": "auditor"}, "always expires"),
        ({"days": "0"}, "greater than or equal to 1"),
    ],
)
def test_a_key_that_cannot_be_is_not_made_and_the_form_says_why(browser, acme, at, changes, said):
    answer = browser.post(f"{at}/keys", NEW_KEY | changes)

    assert answer.status_code == 422
    assert said in answer.content.decode()
    assert not queries.keys_of(acme).exists()


def test_a_key_is_rotated_and_revoked(browser, acme, at):
    browser.post(f"{at}/keys", NEW_KEY)
    old = queries.keys_of(acme).get()

    rotated = browser.post(f"{at}/keys/{old.pk}/rotate", {"overlap_hours": "24"})
    revoked = browser.post(f"{at}/keys/{old.pk}/revoke")

    states = [row.state for row in queries.listed_keys(acme, at=timezone.now())]
    assert (rotated.status_code, revoked.status_code) == (200, 302)
    assert states == ["in_force", "revoked"]


def test_another_workspaces_key_is_not_found(browser, at):
    other = open_workspace()
    terms = administration.KeyTerms(name="theirs", scopes=("read",))
    theirs = administration.issue_key(other, terms, actor=actors.CONSOLE, clock=timezone.now).key

    answer = browser.post(f"{at}/keys/{theirs.pk}/revoke")

    theirs.refresh_from_db()
    assert (answer.status_code, theirs.revoked_at) == (404, None)


def test_a_person_is_added_with_a_link_to_set_the_password(browser, acme, at):
    form = {"email": "ada@settings.example", "display_name": "Ada", "role": "reviewer", "until": ""}
    answer = browser.post(f"{at}/people", form)
    link = re.search(r"http://localhost:8000(/password/[^<\"]+)", answer.content.decode())[1]

    ada = queries.person_by_email("ada@settings.example")
    assert queries.roles_of(ada, acme, at=timezone.now()) == ("reviewer",)
    assert Client(headers={"Host": "localhost"}).get(link).status_code == 302


def test_somebody_with_an_account_elsewhere_gets_no_link(browser, at):
    sam = join(open_workspace(), "viewer", "Sam")
    form = {"email": sam.email, "display_name": "Other", "role": "viewer", "until": ""}

    answer = browser.post(f"{at}/people", form, follow=True)

    assert b"/password/" not in answer.content
    assert b"Sam has the role" in answer.content


def test_an_auditor_needs_a_last_day(browser, acme, at):
    ada = join(acme, "viewer", "Ada")
    path = f"{at}/people/{ada.public_id}/grant"

    without = browser.post(path, {"role": "auditor", "until": ""})
    last_day = timezone.now().date() + timedelta(days=7)
    given = browser.post(path, {"role": "auditor", "until": last_day.isoformat()})

    assert (without.status_code, given.status_code) == (422, 302)
    assert queries.roles_of(ada, acme, at=timezone.now()) == ("auditor", "viewer")


def test_a_role_may_end_with_the_calendar(browser, acme, at):
    ada = join(acme, "viewer", "Ada")
    path = f"{at}/people/{ada.public_id}/grant"

    given = browser.post(path, {"role": "auditor", "until": "9999-12-31"})

    assert given.status_code == 302


def test_the_last_admin_cannot_be_taken_away(browser, acme, lee, at):
    answer = browser.post(f"{at}/people/{lee.public_id}/revoke", {"role": "admin"})

    assert answer.status_code == 422
    assert b"no admin left" in answer.content
    assert queries.roles_of(lee, acme, at=timezone.now()) == ("admin",)


def test_a_role_is_taken_away(browser, acme, at):
    ada = join(acme, "reviewer", "Ada")

    browser.post(f"{at}/people/{ada.public_id}/revoke", {"role": "reviewer"})

    assert queries.roles_of(ada, acme, at=timezone.now()) == ()


@pytest.mark.parametrize("page", ["keys", "people"])
@pytest.mark.parametrize("role", ["viewer", "reviewer", "compliance_officer"])
def test_nobody_but_an_admin_sees_these_pages(acme, at, page, role):
    assert browser_of(join(acme, role, "Ada")).get(f"{at}/{page}").status_code == 403


@pytest.mark.parametrize("page", ["keys", "people"])
def test_a_stranger_is_told_that_there_is_nothing(at, page):
    sam = join(open_workspace(), "admin", "Sam")

    assert browser_of(sam).get(f"{at}/{page}").status_code == 404


def test_nobody_signed_in_is_sent_to_sign_in(acme, at):
    answer = Client(headers={"Host": "localhost"}).get(f"{at}/keys")

    assert answer.headers["Location"] == f"/login?next={at}/keys"


@pytest.mark.parametrize(
    "page",
    [
        *("/w/%00/settings/keys", "{w}/integrity/runs/%00", "{w}/d/%00", "/d/%00"),
        *("{w}/d/9999999999999999999999", "{w}/entries/9999999999999999999999"),
    ],
)
def test_an_address_that_names_nothing_is_not_found(browser, acme, page):
    answer = browser.get(page.format(w=f"/w/{acme.slug}"))

    assert answer.status_code == 404


def test_what_somebody_is_called_is_shown_as_text(browser, acme, at):
    join(acme, "viewer", "<b>Bobby</b>")

    page = browser.get(f"{at}/people").content

    assert b"&lt;b&gt;Bobby&lt;/b&gt;" in page
    assert User.objects.filter(display_name="<b>Bobby</b>").exists()
