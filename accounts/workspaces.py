"""Which workspace a request is for, and who is asking.

A workspace that does not exist and one in which the person holds no role are answered alike.
"""

from datetime import datetime

from accounts import queries
from accounts.actors import Actor, Auth, Login
from accounts.errors import WorkspaceNotFound
from accounts.models import User, Workspace
from accounts.queries import Standing

DEFAULT_SLUG = "default"


def workspace_of(slug: str, *, user: User, at: datetime) -> Standing:
    """Return the workspace of an address and the person's roles in it.

    Raises WorkspaceNotFound if it does not exist or the person holds no role there at `at`.
    """
    workspace = queries.workspace_by_slug(slug)
    roles = queries.roles_of(user, workspace, at=at) if workspace and user.is_active else ()
    if workspace is None or not roles:
        raise WorkspaceNotFound("There is no such workspace.")
    return Standing(workspace, user, roles)


def home_of(user: User, *, at: datetime) -> Workspace | None:
    """Return where a person starts: in `default` if they are in it, else in the first by name."""
    mine = list(queries.workspaces_of(user, at=at))
    return next((each for each in mine if each.slug == DEFAULT_SLUG), mine[0] if mine else None)


def person(user: User, *, roles: tuple[str, ...], auth: Auth, login: Login | None = None) -> Actor:
    """Return the actor that a person is, before it is known which role allows the act."""
    return Actor(
        type="person",
        id=user.public_id,
        auth=auth,
        login=login,
        display_name=user.display_name,
        email=user.email,
        roles=roles,
    )
