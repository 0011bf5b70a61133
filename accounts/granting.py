"""The writes of people, roles, keys and workspaces, called by `ledger.administration` alone.

Each function is one change and opens no transaction: the act around it also appends the entry that
says so, and both stand or fall together. Secrets are returned once and kept as digests only.
"""

import re
import secrets
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.core.exceptions import ValidationError
from django.core.validators import validate_email

from accounts import keys, queries, roles
from accounts.errors import AlreadyGranted, InvalidGrant, LastAdmin, NoSuchGrant, SetupClosed
from accounts.models import SLUG, ApiKey, Membership, SetupLink, User, Workspace

LONGEST_SLUG = 63
LONGEST_NAME = 200
LONGEST_OVERLAP = timedelta(hours=168)
RATE_POLICIES = frozenset({"record", "default", "heavy"})
_CONTROLS = re.compile(r"[\x00-\x1f\x7f-\x9f]")


@dataclass(frozen=True, slots=True)
class IssuedKey:
    """A key that was just made; `secret` is known here and never again."""

    key: ApiKey
    secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class KeyTerms:
    """What a key is for. Without `owner` it is a service key; no services means all of them."""

    name: str
    scopes: tuple[str, ...]
    services: tuple[str, ...] = ()
    expires_at: datetime | None = None
    owner: User | None = None
    rate: Mapping[str, int] | None = None


def open_workspace(slug: str, *, name: str) -> Workspace:
    """Create a workspace. Raises InvalidGrant for a bad slug or name, AlreadyGranted if taken."""
    if not re.fullmatch(SLUG, slug) or len(slug) > LONGEST_SLUG or slug.endswith("\n"):
        raise InvalidGrant("slug", "A workspace is named by a-z, 0-9 and hyphens, at most 63.")
    if queries.workspace_by_slug(slug) is not None:
        raise AlreadyGranted(f"There is already a workspace {slug}.")
    return Workspace.objects.create(slug=slug, name=_label("name", name))


def add_person(email: str, *, display_name: str, password: str | None) -> User:
    """Create a person; without a password they cannot sign in until one is set.

    Raises InvalidGrant for a bad address or name, AlreadyGranted if the address is taken.
    """
    address = email.strip().lower()
    try:
        validate_email(address)
    except ValidationError:
        raise InvalidGrant("email", "This is not an email address.") from None
    if queries.person_by_email(address) is not None:
        raise AlreadyGranted("Somebody with this email address is already there.")
    user = User(email=address, display_name=_label("display_name", display_name))
    user.set_password(password)
    user.save()
    return user


def add_membership(
    workspace: Workspace, user: User, *, role: str, expires_at: datetime | None = None, at: datetime
) -> Membership:
    """Give a person a role; one that ran out is given again.

    Raises InvalidGrant for an unknown role, an auditor without an end, or an end in the past, and
    AlreadyGranted if the person holds the role.
    """
    _check_role(role, expires_at=expires_at, at=at)
    held = Membership.objects.filter(workspace=workspace, user=user, role=role).first()
    if held is not None and (held.expires_at is None or held.expires_at > at):
        raise AlreadyGranted("The person already holds this role.")
    _let_into_admin_site(user, role)
    membership, _ = Membership.objects.update_or_create(
        workspace=workspace,
        user=user,
        role=role,
        defaults={"expires_at": expires_at, "granted_at": at},
    )
    return membership


def revoke_membership(workspace: Workspace, user: User, *, role: str, at: datetime) -> None:
    """Take a role away.

    Raises NoSuchGrant if it is not held, LastAdmin if no admin would be left.
    """
    # The lock makes two admins who remove each other wait, so that one of them stays.
    list(Membership.objects.select_for_update().filter(workspace=workspace, role=roles.ADMIN))
    held = Membership.objects.filter(workspace=workspace, user=user, role=role).first()
    if held is None:
        raise NoSuchGrant("The person does not hold this role.")
    if role == roles.ADMIN and not queries.has_admin(workspace, at=at, apart_from=held.pk):
        raise LastAdmin("The workspace would have no admin left.")
    held.delete()
    if user.is_staff and not queries.may_anywhere(user, "open_admin_site", at=at):
        user.is_staff = False
        user.save(update_fields=["is_staff"])


def add_key(workspace: Workspace, terms: KeyTerms, *, created_by: str, at: datetime) -> IssuedKey:
    """Make a key. Raises InvalidGrant for terms that are not allowed; names the field at fault.

    A personal key acts as its owner, so nobody else may come to know its secret.
    """
    _check_terms(workspace, terms, at=at)
    _check_own(terms.owner, asking=created_by)
    secret = keys.format_key(secrets.token_bytes(keys.RANDOM_BYTES))
    parsed = keys.parse_key(secret)
    key = ApiKey.objects.create(
        workspace=workspace,
        owner=terms.owner,
        name=_label("name", terms.name),
        prefix=parsed.prefix,
        digest=parsed.digest,
        scopes=list(terms.scopes),
        services=[_label("services", name) for name in terms.services],
        expires_at=terms.expires_at,
        created_by=created_by,
        created_at=at,
        rate=dict(terms.rate) if terms.rate else None,
    )
    return IssuedKey(key, secret)


def revoke_key(workspace: Workspace, key_id: str, *, at: datetime) -> ApiKey:
    """End a key; every process refuses it within seconds. Once revoked it stays so at its time."""
    key = _locked_key(workspace, key_id)
    if key.revoked_at is None:
        key.revoked_at = at
        key.save(update_fields=["revoked_at"])
    return key


def rotate_key(
    workspace: Workspace, key_id: str, *, overlap: timedelta, created_by: str, at: datetime
) -> IssuedKey:
    """Make a successor with the same terms; the old key works until `overlap` is over.

    Raises InvalidGrant for an overlap outside 0 to 168 hours, somebody else's personal key, or a
    key that is revoked, expired or was rotated before.
    """
    if not timedelta(0) <= overlap <= LONGEST_OVERLAP:
        raise InvalidGrant("overlap_hours", "The old key may live on for 0 to 168 hours.")
    old = _locked_key(workspace, key_id)
    ended = old.expires_at is not None and old.expires_at <= at
    if old.revoked_at is not None or old.replaced_by_id is not None or ended:
        raise InvalidGrant("key", "Only a key in force that was not rotated yet can be rotated.")
    issued = add_key(workspace, _terms_of(old), created_by=created_by, at=at)
    old.replaced_by = issued.key
    old.expires_at = min(at + overlap, old.expires_at or at + overlap)
    old.save(update_fields=["replaced_by", "expires_at"])
    return issued


def make_setup_link() -> str:
    """Make a one-time set-up token; those made before stop working.

    Raises SetupClosed once somebody is an admin.
    """
    if queries.is_set_up():
        raise SetupClosed("Set-up is over: somebody is an admin.")
    token = secrets.token_urlsafe(32)
    SetupLink.objects.filter(used_at__isnull=True).delete()
    SetupLink.objects.create(digest=keys.digest_setup_token(token))
    return token


def use_setup_link(token: str, *, at: datetime) -> None:
    """Use up a set-up token. Raises SetupClosed if it is unknown or used, or an admin exists."""
    used = SetupLink.objects.filter(digest=keys.digest_setup_token(token), used_at__isnull=True)
    if queries.is_set_up() or not used.update(used_at=at):
        raise SetupClosed("This set-up link is not valid any more.")


def _locked_key(workspace: Workspace, key_id: str) -> ApiKey:
    keys_here = ApiKey.objects.select_for_update(of=("self",)).filter(workspace=workspace)
    key = keys_here.filter(pk=key_id).first()
    if key is None:
        raise NoSuchGrant("There is no such key.")
    return key


def _terms_of(key: ApiKey) -> KeyTerms:
    return KeyTerms(
        name=key.name,
        scopes=tuple(key.scopes),
        services=tuple(key.services),
        expires_at=key.expires_at,
        owner=key.owner,
        rate=key.rate,
    )


def _label(name: str, text: str) -> str:
    label = text.strip()
    if not 1 <= len(label) <= LONGEST_NAME or _CONTROLS.search(label):
        raise InvalidGrant(name, "Between 1 and 200 characters, none of them a control character.")
    return label


def _let_into_admin_site(user: User, role: str) -> None:
    if roles.may([role], "open_admin_site") and not user.is_staff:
        user.is_staff = True
        user.save(update_fields=["is_staff"])


def _check_end(expires_at: datetime | None, *, at: datetime) -> None:
    if expires_at is not None and expires_at <= at:
        raise InvalidGrant("expires_at", "The end must lie in the future.")


def _check_role(role: str, *, expires_at: datetime | None, at: datetime) -> None:
    if role not in roles.ROLES:
        raise InvalidGrant("role", f"The roles are {', '.join(roles.ROLES)}.")
    if role == roles.AUDITOR and expires_at is None:
        raise InvalidGrant("expires_at", "An auditor's role always ends.")
    _check_end(expires_at, at=at)


def _check_terms(workspace: Workspace, terms: KeyTerms, *, at: datetime) -> None:
    _check_end(terms.expires_at, at=at)
    _check_scopes(terms.scopes)
    _check_rate(terms.rate or {})
    if terms.owner is not None and not queries.roles_of(terms.owner, workspace, at=at):
        raise InvalidGrant("owner", "A personal key belongs to a member of the workspace.")


def _check_own(owner: User | None, *, asking: str) -> None:
    if owner is not None and owner.public_id != asking:
        raise InvalidGrant("owner", "A personal key is made and rotated by its owner alone.")


def _check_scopes(scopes: Sequence[str]) -> None:
    if not scopes or not set(scopes) <= set(keys.SCOPES) or len(set(scopes)) != len(scopes):
        raise InvalidGrant("scopes", f"One or more of {', '.join(keys.SCOPES)}, each once.")


def _check_rate(rate: Mapping[str, int]) -> None:
    whole = all(type(number) is int and 0 < number < 2**31 for number in rate.values())
    if not set(rate) <= RATE_POLICIES or not whole:
        raise InvalidGrant(
            "rate", "Calls a minute, a whole number each for record, default, heavy."
        )
