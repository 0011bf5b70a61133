"""The matrix of roles, cell by cell."""

from __future__ import annotations

import pytest

from accounts import keys
from accounts.roles import ACTS, ROLES, may, role_for

# One row an act, one column a role: viewer, reviewer, compliance officer, admin, auditor.
MATRIX = """
read             yes yes yes yes yes
see_integrity    yes yes yes yes yes
record           -   -   yes yes -
review           -   yes -   -   -
supersede_own    -   yes yes -   -
supersede_any    -   -   yes -   -
verify           -   -   yes yes yes
export           -   -   yes -   -
ops              -   -   -   yes -
admin            -   -   -   yes -
open_admin_site  -   -   yes yes -
"""
CELLS = [
    (act, role, cell == "yes")
    for act, *cells in (line.split() for line in MATRIX.strip().splitlines())
    for role, cell in zip(
        ("viewer", "reviewer", "compliance_officer", "admin", "auditor"), cells, strict=True
    )
]


@pytest.mark.parametrize(("act", "role", "allowed"), CELLS)
def test_a_role_may_do_what_the_matrix_says(act, role, allowed):
    assert may([role], act) is allowed


def test_every_act_and_every_role_stands_in_the_table():
    assert {act for act, _, _ in CELLS} == set(ACTS)
    assert {role for _, role, _ in CELLS} == set(ROLES)


def test_nobody_without_a_role_may_do_anything():
    assert not any(may([], act) for act in ACTS)


def test_every_scope_of_a_key_is_an_act_of_a_person():
    assert set(keys.SCOPES) <= set(ACTS)


def test_the_narrowest_duty_is_named_when_several_roles_allow_an_act():
    assert role_for(["admin", "compliance_officer"], "verify") == "compliance_officer"


def test_an_act_nobody_defined_is_an_error_not_a_refusal():
    with pytest.raises(KeyError):
        may(["admin"], "delete_entry")
