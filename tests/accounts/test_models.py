"""What the tables refuse, whoever writes."""

from __future__ import annotations

import pytest
from django.db import IntegrityError, connection

INSERT_USER = """INSERT INTO accounts_user
    (public_id, email, display_name, password, is_active, is_staff, is_superuser, created_at)
    VALUES ('usr_x', 'Ada@example.org', 'Ada', '', true, false, false, now())"""


def run(sql: str, *values: object) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)


@pytest.mark.django_db
def test_an_address_with_capitals_is_refused_by_the_table():
    with pytest.raises(IntegrityError, match="accounts_user_email_lower"):
        run(INSERT_USER)


def test_an_unknown_role_is_refused_by_the_table(hire):
    hire("viewer")

    with pytest.raises(IntegrityError, match="accounts_membership_role"):
        run("UPDATE accounts_membership SET role = 'owner'")


def test_an_auditor_without_an_end_is_refused_by_the_table(hire):
    hire("auditor")

    with pytest.raises(IntegrityError, match="accounts_membership_auditor_expires"):
        run("UPDATE accounts_membership SET expires_at = NULL")


def test_a_slug_no_origin_could_carry_is_refused_by_the_table(acme):
    with pytest.raises(IntegrityError, match="accounts_workspace_slug"):
        run("UPDATE accounts_workspace SET slug = 'Not A Slug' WHERE id = %s", acme.pk)
