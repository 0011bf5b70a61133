"""What can go wrong with people, keys and workspaces.

    AccountsError
    ├── Unauthenticated                 the caller is not known (401)
    │   ├── KeyRequired
    │   ├── KeyInvalid
    │   └── KeyExpired
    ├── Forbidden                       the caller is known and may not (403)
    │   ├── CrossSiteRequest
    │   ├── ScopeMissing
    │   ├── ServiceNotAllowed
    │   └── RoleMissing
    ├── RateLimited                     too much in too short a time (429)
    ├── WorkspaceNotFound               answered like one that never existed (404)
    ├── NoSuchGrant                     a person, membership or key that is not there (404)
    └── GrantRefused                    a change of people, keys or workspaces that cannot be made
        ├── InvalidGrant                a value is not allowed; carries `field` (422)
        ├── AlreadyGranted              slug, email or membership is taken (409)
        ├── LastAdmin                   the workspace would have no admin left (409)
        └── SetupClosed                 the set-up link is unknown, used, or set-up is over (404)

No message ever holds a key, a password or another workspace's name.
"""

from collections.abc import Mapping


class AccountsError(Exception):
    """Anything this package refuses. The message is one sentence for the caller."""


class Unauthenticated(AccountsError):
    """The caller is not known; the answer names how to present a key."""

    challenge = 'Bearer realm="LoopGrid"'


class KeyRequired(Unauthenticated):
    """The call came without a key, and is not a local call in open mode."""


class KeyInvalid(Unauthenticated):
    """The key is malformed, unknown, revoked, or its owner is no longer active."""


class KeyExpired(Unauthenticated):
    """The key was right once; its time is over."""


class Forbidden(AccountsError):
    """The caller is known and may not do this."""


class CrossSiteRequest(Forbidden):
    """A page of another site tried to call without a key from this machine's browser."""


class ScopeMissing(Forbidden):
    """The key lacks the scope. Carries `scopes`, any one of which would do."""

    def __init__(self, scopes: tuple[str, ...]) -> None:
        self.scopes = scopes
        super().__init__(f"The key needs the scope {' or '.join(scopes)}.")


class ServiceNotAllowed(Forbidden):
    """The key is limited to other services."""


class RoleMissing(Forbidden):
    """The person holds no role that allows the act. Carries `act`."""

    def __init__(self, act: str) -> None:
        self.act = act
        super().__init__(f"None of your roles in this workspace allows this act ({act}).")


class RateLimited(AccountsError):
    """The key used up its allowance.

    Carries `retry_after_s`, whole seconds until it has one again, and the `headers` that say so.
    """

    def __init__(self, retry_after_s: int, *, headers: Mapping[str, str]) -> None:
        self.retry_after_s = retry_after_s
        self.headers = {"Retry-After": str(retry_after_s), **headers}
        super().__init__(f"Too many requests; try again in {retry_after_s} s.")


class WorkspaceNotFound(AccountsError):
    """There is no such workspace for this person; nothing says whether it exists for others."""


class NoSuchGrant(AccountsError):
    """The person, membership or key does not exist in this workspace."""


class GrantRefused(AccountsError):
    """A change of people, keys or workspaces that cannot be made."""


class InvalidGrant(GrantRefused):
    """A value is not allowed. Carries `field`, the name of the argument at fault."""

    def __init__(self, field: str, detail: str) -> None:
        self.field = field
        super().__init__(detail)


class AlreadyGranted(GrantRefused):
    """The slug, the email address or the membership is taken."""


class LastAdmin(GrantRefused):
    """The workspace would have no admin left."""


class SetupClosed(GrantRefused):
    """The set-up link is unknown or used, or somebody is already an admin."""
