"""`create_workspace` and `create_key`, as an operator types them."""

from __future__ import annotations

import pytest
from django.core.management import call_command
from django.core.management.base import CommandError

from accounts import ids, keys, queries


@pytest.fixture
def acme(db):
    slug = f"acme-{ids.draw_uuid().hex[-12:]}"
    call_command("create_workspace", slug, "--name", "Acme")
    return queries.workspace_by_slug(slug)


def test_a_workspace_is_opened_under_its_name(acme):
    assert acme.name == "Acme"


def test_opening_it_again_fails_unless_that_is_fine(acme):
    call_command("create_workspace", acme.slug, "--if-missing")

    with pytest.raises(CommandError):
        call_command("create_workspace", acme.slug)


def test_the_key_is_the_last_line_printed(acme, capsys):
    call_command("create_key", "--workspace", acme.slug, "--preset", "developer")

    secret = capsys.readouterr().out.splitlines()[-1]

    (key,) = queries.keys_of(acme)
    assert bytes(key.digest) == keys.digest_key(secret)
    assert tuple(key.scopes) == keys.PRESETS["developer"]
    assert key.created_by == "console"


def test_scopes_services_and_an_end_may_be_given(acme):
    call_command(
        "create_key", "--workspace", acme.slug, "--scopes", "read,verify", "--services", "a, b",
        "--days", "3",
    )  # fmt: skip

    (key,) = queries.keys_of(acme)
    assert (key.scopes, key.services) == (["read", "verify"], ["a", "b"])
    assert (key.expires_at - key.created_at).days in {2, 3}


@pytest.mark.parametrize(
    "options",
    [
        ("--workspace", "never-existed", "--preset", "ingest"),
        ("--scopes", "everything"),
        ("--preset", "auditor"),
        ("--preset", "ingest", "--days", "-1"),
    ],
)
def test_a_key_that_cannot_be_is_refused(acme, options):
    where = () if "--workspace" in options else ("--workspace", acme.slug)

    with pytest.raises(CommandError):
        call_command("create_key", *where, *options)

    assert not queries.keys_of(acme).exists()
