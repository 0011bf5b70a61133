"""What an entry says about who did it."""

from __future__ import annotations

from accounts import actors
from accounts.actors import Actor

ADA = Actor(
    type="person",
    id="usr_1",
    auth="session",
    role="reviewer",
    login="password",
    display_name="Ada",
    email="ada@example.org",
    roles=("admin", "reviewer"),
)


def test_a_header_names_the_person_the_role_and_the_way_in_but_nothing_personal():
    assert ADA.header() == {
        "ty": "person",
        "id": "usr_1",
        "au": "session",
        "ro": "reviewer",
        "al": "password",
    }


def test_the_personal_details_are_those_of_that_moment():
    assert ADA.personal_details() == {
        "display_name": "Ada",
        "email": "ada@example.org",
        "roles": ["admin", "reviewer"],
    }


def test_a_service_key_has_neither_role_nor_personal_details():
    service = actors.service("key_1")

    assert service.header() == {"ty": "service", "id": "key_1", "au": "api_key"}
    assert service.personal_details() is None


def test_a_local_call_is_a_service_over_loopback():
    assert actors.LOCAL.header() == {"ty": "service", "id": "local", "au": "loopback"}


def test_the_parts_of_the_system_are_told_apart_from_the_console():
    assert actors.SETUP.header() == {"ty": "system", "id": "setup", "au": "process"}
    assert actors.CONSOLE.header() == {"ty": "system", "id": "console", "au": "console"}


def test_acting_as_changes_the_role_alone():
    acting = ADA.acting_as("admin")

    assert (acting.role, acting.roles, acting.id) == ("admin", ADA.roles, ADA.id)
