"""Reads of people, roles and keys. Every one but a look-up by digest starts from the workspace."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from uuid import UUID

from django.contrib.postgres.expressions import ArraySubquery
from django.db.models import OuterRef, Q, QuerySet

from accounts.keys import digest_setup_token
from accounts.models import ApiKey, Membership, SetupLink, User, Workspace
from accounts.roles import ACTS, ADMIN, may


@dataclass(frozen=True, slots=True)
class Standing:
    """A person in a workspace: the roles they hold at one moment, never those that ran out."""

    workspace: Workspace
    user: User
    roles: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Holder:
    """A stored key with what is needed to judge it: no second query follows.

    `owner` and `roles` are for a personal key; a service key has neither. The key may be revoked,
    expired or its owner gone: `authentication` decides, with the time at hand.
    """

    key: ApiKey
    workspace: Workspace
    owner: User | None
    roles: tuple[str, ...]


def in_force(at: datetime) -> Q:
    """Return the condition on memberships that have not run out at `at`."""
    return Q(expires_at__isnull=True) | Q(expires_at__gt=at)


def workspace_by_slug(slug: str) -> Workspace | None:
    """Return the workspace of this name, or None. For doors that check membership themselves."""
    return Workspace.objects.filter(slug=slug).first()


def workspaces_of(user: User, *, at: datetime, act: str | None = None) -> QuerySet[Workspace]:
    """Return the workspaces in which a person holds a role at `at`, or one that allows `act`."""
    held = Membership.objects.filter(in_force(at), user=user)
    if act is not None:
        held = held.filter(role__in=ACTS[act])
    return Workspace.objects.filter(pk__in=held.values("workspace")).order_by("slug")


def roles_of(user: User, workspace: Workspace, *, at: datetime) -> tuple[str, ...]:
    """Return the roles a person holds in a workspace at `at`, in alphabetical order."""
    held = Membership.objects.filter(in_force(at), user=user, workspace=workspace)
    return tuple(held.order_by("role").values_list("role", flat=True))


def people_of(workspace: Workspace, *, at: datetime) -> Sequence[Standing]:
    """Return everybody with a membership, by name; somebody whose roles ran out has none left."""
    people: dict[User, list[str]] = {}
    for membership in memberships_of(workspace):
        roles = people.setdefault(membership.user, [])
        if membership.expires_at is None or membership.expires_at > at:
            roles.append(membership.role)
    return [Standing(workspace, user, tuple(roles)) for user, roles in people.items()]


def memberships_of(workspace: Workspace) -> QuerySet[Membership]:
    """Return the memberships of a workspace with their people, by name, then role."""
    memberships = Membership.objects.filter(workspace=workspace).select_related("user")
    return memberships.order_by("user__display_name", "user_id", "role")


def person_of(workspace: Workspace, public_id: str) -> User | None:
    """Return the person with this id if they have a membership in the workspace, else None."""
    people = User.objects.filter(public_id=public_id, memberships__workspace=workspace)
    return people.distinct().first()


def person_by_email(email: str) -> User | None:
    """Return the person with this email address in any case, or None."""
    return User.objects.filter(email=email.strip().lower()).first()


def keys_of(workspace: Workspace) -> QuerySet[ApiKey]:
    """Return the keys of a workspace, newest first, revoked and expired ones included."""
    keys = ApiKey.objects.filter(workspace=workspace).select_related("owner", "replaced_by")
    return keys.order_by("-created_at", "-public_id")


def key_of(workspace: Workspace, public_id: str) -> ApiKey | None:
    """Return one key of the workspace, or None; another workspace's key does not exist here."""
    return keys_of(workspace).filter(public_id=public_id).first()


def names_of_keys(workspace_id: UUID, ids: Collection[str]) -> dict[str, str]:
    """Return the names of those of these keys that the workspace has, by their id; one query."""
    keys = ApiKey.objects.filter(workspace=workspace_id, public_id__in=ids)
    return dict(keys.values_list("public_id", "name"))


def holder_by_digest(digest: bytes, *, at: datetime) -> Holder | None:
    """Return the key with this digest, its workspace, owner and roles, in one indexed query."""
    roles = Membership.objects.filter(
        in_force(at), workspace=OuterRef("workspace"), user=OuterRef("owner")
    )
    keys = ApiKey.objects.select_related("workspace", "owner").annotate(
        owner_roles=ArraySubquery(roles.order_by("role").values("role"))
    )
    key = keys.filter(digest=digest).first()
    if key is None:
        return None
    return Holder(key, key.workspace, key.owner, tuple(key.owner_roles))


def has_admin(workspace: Workspace, *, at: datetime, apart_from: int = 0) -> bool:
    """Say whether an active admin is left at `at`, the membership `apart_from` not counted."""
    admins = Membership.objects.filter(
        in_force(at), workspace=workspace, role=ADMIN, user__is_active=True
    )
    return admins.exclude(pk=apart_from).exists()


def is_set_up() -> bool:
    """Say whether anybody is an admin of anything; until then the set-up page is open."""
    return Membership.objects.filter(role=ADMIN).exists()


def is_open_setup_link(token: str) -> bool:
    """Say whether a set-up token can be used: known, unused, and nobody is an admin yet."""
    links = SetupLink.objects.filter(digest=digest_setup_token(token), used_at__isnull=True)
    return links.exists() and not is_set_up()


def may_anywhere(user: User, act: str, *, at: datetime) -> bool:
    """Say whether a person may do an act in any workspace at `at`."""
    held = Membership.objects.filter(in_force(at), user=user)
    return may(held.values_list("role", flat=True), act)


@dataclass(frozen=True, slots=True)
class ListedKey:
    """A key as lists show it; `created_by` is a person's name where one made it.

    `state` is in_force, replaced (in force until its overlap is over), expired or revoked.
    """

    key: ApiKey
    state: str
    created_by: str


def listed_keys(workspace: Workspace, *, at: datetime) -> Sequence[ListedKey]:
    """Return the keys of a workspace with their state at `at`, newest first."""
    return _listed(list(keys_of(workspace)), at=at)


def key_state(key: ApiKey, *, at: datetime) -> str:
    """Return in_force, replaced, expired or revoked; only the first two open a door."""
    if key.revoked_at is not None:
        return "revoked"
    if key.expires_at is not None and key.expires_at <= at:
        return "expired"
    return "in_force" if key.replaced_by_id is None else "replaced"


@dataclass(frozen=True, slots=True)
class KeySlice:
    """Keys that follow one another, newest first; `following` is the id to go on after, or None."""

    keys: Sequence[ListedKey]
    following: str | None


def keys_after(workspace: Workspace, after: str | None, *, limit: int, at: datetime) -> KeySlice:
    """Return up to `limit` keys made before the key `after`, or from the newest on.

    Ids sort by the time they were drawn, so nothing is repeated or skipped while keys are made.
    """
    keys = keys_of(workspace).order_by("-public_id")
    found = list((keys.filter(public_id__lt=after) if after else keys)[: limit + 1])
    shown = found[:limit]
    return KeySlice(_listed(shown, at=at), shown[-1].pk if len(found) > limit else None)


def listed_key(key: ApiKey, *, at: datetime) -> ListedKey:
    """Return one key as lists show it."""
    return _listed([key], at=at)[0]


def _listed(keys: Sequence[ApiKey], *, at: datetime) -> Sequence[ListedKey]:
    makers = User.objects.filter(public_id__in={key.created_by for key in keys})
    names = {user.public_id: user.display_name for user in makers}
    return [
        ListedKey(key, key_state(key, at=at), names.get(key.created_by, key.created_by))
        for key in keys
    ]
