"""What each role may do, as data.

The matrix is for people. What a key may do is its scopes; a personal key may do what both its
scopes and its owner's roles allow, so an act that a key can do carries the name of its scope.
"""

from collections.abc import Iterable, Mapping
from typing import Final

VIEWER: Final = "viewer"
REVIEWER: Final = "reviewer"
COMPLIANCE_OFFICER: Final = "compliance_officer"
ADMIN: Final = "admin"
AUDITOR: Final = "auditor"

ROLES: Final[tuple[str, ...]] = (VIEWER, REVIEWER, COMPLIANCE_OFFICER, ADMIN, AUDITOR)
"""Every role. An auditor's membership always expires."""

# The order of the roles of an act is the order in which `role_for` names them: the narrowest duty
# first, so that an entry says "reviewer" of somebody who also happens to be an admin.
ACTS: Final[Mapping[str, tuple[str, ...]]] = {
    "read": (VIEWER, REVIEWER, COMPLIANCE_OFFICER, AUDITOR, ADMIN),
    "record": (COMPLIANCE_OFFICER, ADMIN),
    "review": (REVIEWER,),
    "supersede_own": (REVIEWER, COMPLIANCE_OFFICER),
    "supersede_any": (COMPLIANCE_OFFICER,),
    "see_integrity": (VIEWER, REVIEWER, COMPLIANCE_OFFICER, AUDITOR, ADMIN),
    "verify": (COMPLIANCE_OFFICER, AUDITOR, ADMIN),
    "export": (COMPLIANCE_OFFICER,),
    "ops": (ADMIN,),
    "admin": (ADMIN,),
    "open_admin_site": (COMPLIANCE_OFFICER, ADMIN),
}


def role_for(roles: Iterable[str], act: str) -> str | None:
    """Return the role among `roles` by which `act` is allowed, or None if none allows it.

    Raises KeyError for an act outside the matrix: a misspelt act must never read as a refusal.
    """
    held = frozenset(roles)
    return next((role for role in ACTS[act] if role in held), None)


def may(roles: Iterable[str], act: str) -> bool:
    """Say whether somebody who holds `roles` may do `act`."""
    return role_for(roles, act) is not None
