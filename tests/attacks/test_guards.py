"""What PostgreSQL itself refuses, as each role, by raw SQL."""

# ruff: noqa: S608  statements are put together here because attackers do

from __future__ import annotations

from collections.abc import Iterator

import psycopg
import pytest
from django.db import connection, transaction
from django.db.utils import Error
from loopgrid_proof import digests

from tests.attacks.vault import VICTIM, Vault
from tests.support import attacks

pytestmark = pytest.mark.django_db(transaction=True)

ROLES = ("loopgrid_app", "loopgrid_notary", "loopgrid_eraser", "loopgrid_auditor")
REFUSED = "42501"
BROKEN_RULE = "23514"
USED = "23505"
TABLES = ("ledger_entry", "ledger_part", "ledger_checkpoint", "ledger_erasure", "ledger_ledger")
UPDATES = {
    "ledger_entry": "UPDATE ledger_entry SET kind = kind",
    "ledger_part": "UPDATE ledger_part SET media = media",
    "ledger_checkpoint": "UPDATE ledger_checkpoint SET note = note",
    "ledger_erasure": "UPDATE ledger_erasure SET seq = seq",
    "ledger_ledger": "UPDATE ledger_ledger SET origin = origin",
}


def sqlstate_of(statement: str, values: object = None, *, role: str | None = None) -> str | None:
    """Run a statement, as a role where one is given, and return how it was refused."""
    try:
        with transaction.atomic(), connection.cursor() as cursor:
            if role is not None:
                cursor.execute(f"SET LOCAL ROLE {role}")
            cursor.execute(statement, values)
    except Error as refused:
        cause = refused.__cause__
        assert isinstance(cause, psycopg.Error)
        return cause.sqlstate
    return None


@pytest.fixture
def refused(request: pytest.FixtureRequest):
    def check(statement: str, expected: str, values: object = None, role: str | None = None):
        found = sqlstate_of(statement, values, role=role)
        what = " ".join(statement.split()[:3])
        attacks.note(
            request,
            f"{what} as {role or 'superuser'}",
            expected=f"refused, {expected}",
            found=f"refused, {found}" if found else "allowed",
        )
        assert found == expected

    return check


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("table", TABLES)
def test_no_role_may_change_what_stands(vault: Vault, refused, role: str, table: str) -> None:
    refused(UPDATES[table], REFUSED, role=role)


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize("table", TABLES)
@pytest.mark.parametrize("verb", ["DELETE FROM", "TRUNCATE"])
def test_no_role_may_delete(vault: Vault, refused, role: str, table: str, verb: str) -> None:
    refused(f"{verb} {table}", REFUSED, role=role)


@pytest.mark.parametrize("table", TABLES)
def test_the_triggers_hold_for_a_superuser_too(vault: Vault, refused, table: str) -> None:
    refused(f"DELETE FROM {table}" if table != "ledger_erasure" else f"TRUNCATE {table}", REFUSED)


@pytest.mark.parametrize("table", TABLES)
def test_truncate_is_refused_to_a_superuser_too(vault: Vault, refused, table: str) -> None:
    refused(f"TRUNCATE {table}", REFUSED)


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_part", "ledger_checkpoint"])
def test_the_replica_mode_switches_no_trigger_off(vault: Vault, refused, table: str) -> None:
    with replica_mode():
        refused(f"DELETE FROM {table} WHERE ledger_id IS NOT NULL", REFUSED)


def replica_mode():
    from contextlib import contextmanager

    @contextmanager
    def switched() -> Iterator[None]:
        with connection.cursor() as cursor:
            cursor.execute("SET session_replication_role = replica")
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("RESET session_replication_role")

    return switched()


INSERT = """
INSERT INTO ledger_entry (ledger_id, seq, leaf, leaf_hash, prev_hash, kind, t, mac, mac_key)
VALUES (%s, %s, '{}', %s, %s, 'ledger.heartbeat', clock_timestamp(), sha256(''), 1)
"""


def newest(vault: Vault) -> tuple[int, bytes]:
    ((seq, digest),) = vault.ask(
        "SELECT seq, leaf_hash FROM ledger_entry WHERE ledger_id = %s ORDER BY seq DESC LIMIT 1"
    )
    return seq, bytes(digest)


@pytest.mark.parametrize("role", ["loopgrid_app", "loopgrid_notary"])
def test_an_entry_that_does_not_link_to_the_one_before_is_refused(vault, refused, role) -> None:
    seq, _digest = newest(vault)
    values = [vault.ledger.ledger_id, seq + 1, digests.leaf_hash(b"{}"), bytes(32)]

    refused(INSERT, BROKEN_RULE, values, role)


@pytest.mark.parametrize("role", ["loopgrid_app", "loopgrid_notary"])
def test_a_gap_is_refused(vault, refused, role) -> None:
    seq, digest = newest(vault)
    values = [vault.ledger.ledger_id, seq + 2, digests.leaf_hash(b"{}"), digest]

    refused(INSERT, BROKEN_RULE, values, role)


@pytest.mark.parametrize("role", ["loopgrid_app", "loopgrid_notary"])
def test_a_digest_that_is_not_the_leafs_is_refused(vault, refused, role) -> None:
    seq, digest = newest(vault)

    refused(INSERT, BROKEN_RULE, [vault.ledger.ledger_id, seq + 1, bytes(32), digest], role)


@pytest.mark.parametrize("role", ["loopgrid_app", "loopgrid_notary"])
def test_a_number_that_is_used_is_refused(vault, refused, role) -> None:
    (before,) = vault.ask(
        "SELECT prev_hash FROM ledger_entry WHERE ledger_id = %s AND seq = %s", VICTIM
    )[0]
    values = [vault.ledger.ledger_id, VICTIM, digests.leaf_hash(b"{}"), bytes(before)]

    refused(INSERT, USED, values, role)


@pytest.mark.parametrize("role", ["loopgrid_eraser", "loopgrid_auditor"])
def test_others_append_nothing(vault, refused, role) -> None:
    seq, digest = newest(vault)
    values = [vault.ledger.ledger_id, seq + 1, digests.leaf_hash(b"{}"), digest]

    refused(INSERT, REFUSED, values, role)


@pytest.mark.parametrize("role", ["loopgrid_app", "loopgrid_eraser", "loopgrid_auditor"])
def test_nobody_but_the_notary_stores_a_checkpoint(vault, refused, role) -> None:
    statement = "INSERT INTO ledger_checkpoint (ledger_id, size, note) VALUES (%s, 99, 'x')"

    refused(statement, REFUSED, [vault.ledger.ledger_id], role)


def test_a_part_is_not_erased_without_a_sealed_erasure(vault, refused) -> None:
    statement = (
        "UPDATE ledger_part SET state = 'erased', salt = NULL, content = NULL, erased_seq = 5"
        " WHERE ledger_id = %s"
    )

    refused(statement, REFUSED, [vault.ledger.ledger_id], "loopgrid_eraser")


def test_a_content_that_does_not_give_its_digest_is_refused(vault, refused) -> None:
    statement = (
        "INSERT INTO ledger_part (ledger_id, seq, name, digest, class, media, salt, content)"
        " VALUES (%s, 3, 'zzz', sha256('x'), 'p', 'text/plain', sha256('y'), 'z')"
    )

    refused(statement, BROKEN_RULE, [vault.ledger.ledger_id], "loopgrid_app")
