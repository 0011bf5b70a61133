"""Who and what may: people, roles, keys and workspaces, each change an entry.

Every verb is one act. It changes a row of `accounts` and appends `settings.changed` in the area
access, so that neither can stand without the other. A secret is never part of an entry.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from loopgrid_proof.headers import NewEntry

from accounts import actors, granting, ids, queries, roles
from accounts.actors import Actor
from accounts.errors import NoSuchGrant, RoleMissing, ServiceNotAllowed
from accounts.granting import KeyTerms
from accounts.models import ApiKey, User, Workspace
from ledger import upkeep
from ledger.append import Clock, Draft, append_entries, hold, settle_key, take_key, write_time
from ledger.content import seal, written
from ledger.idempotency import Claim
from ledger.queries import ledger_of
from ledger.transactions import joins_act

__all__ = [
    "AddedPerson",
    "FirstPerson",
    "KeyChange",
    "KeyTerms",
    "add_person",
    "create_workspace",
    "grant_role",
    "issue_key",
    "make_setup_link",
    "revoke_key",
    "revoke_role",
    "rotate_key",
    "set_up",
]

FIRST_ROLES = (roles.ADMIN, roles.REVIEWER)

Services = frozenset[str]
EVERY_SERVICE: Services = frozenset()


@dataclass(frozen=True, slots=True)
class AddedPerson:
    """A person who was given roles; `is_fresh` says that the account was made for it.

    Only a fresh account may be handed a link to set its password: anybody else has one.
    """

    user: User
    is_fresh: bool


@dataclass(frozen=True, slots=True)
class KeyChange:
    """A key that was made, rotated into being, or revoked.

    `secret` is there right after a key was made and never again: a request that is repeated under
    its idempotency key gets the key without it, and `is_repeat`.
    """

    key: ApiKey
    secret: str | None = field(default=None, repr=False)
    is_repeat: bool = False


@dataclass(frozen=True, slots=True)
class FirstPerson:
    """What the set-up page asks for; `further_roles` are taken besides admin and reviewer."""

    email: str
    display_name: str
    password: str
    further_roles: Sequence[str] = ()


@dataclass(frozen=True, slots=True)
class _Change:
    """One change of who may what: facts, whom or what it concerns, and the value of the part."""

    name: str
    who: str
    value: Mapping[str, object]
    granted: bool
    role: str | None = None


@joins_act
def create_workspace(slug: str, *, name: str, actor: Actor, clock: Clock) -> Workspace:
    """Open a workspace with its ledger and entry 0, all or nothing.

    Raises InvalidGrant for a slug that cannot stand in an address, AlreadyGranted if it is taken.
    """
    workspace = granting.open_workspace(slug, name=name)
    upkeep.open_ledger(
        ledger_id=ids.draw_uuid(),
        workspace_id=workspace.pk,
        slug=slug,
        actor=actor,
        clock=clock,
    )
    return workspace


@joins_act
def add_person(
    workspace: Workspace,
    *,
    email: str,
    display_name: str,
    role: str,
    expires_at: datetime | None = None,
    actor: Actor,
    clock: Clock,
) -> AddedPerson:
    """Give somebody a role, with an account if nobody has this email address yet.

    Raises InvalidGrant, AlreadyGranted, or RoleMissing if the actor is a person but no admin.
    """
    _check_admin(actor)
    known = queries.person_by_email(email)
    user = known or granting.add_person(email, display_name=display_name, password=None)
    at = clock()
    granting.add_membership(workspace, user, role=role, expires_at=expires_at, at=at)
    changes = [] if known else [_person_added(user)]
    _append(workspace, [*changes, _role_given(user, role, expires_at)], actor=actor, clock=clock)
    return AddedPerson(user, is_fresh=known is None)


@joins_act
def grant_role(
    workspace: Workspace,
    person_id: str,
    *,
    role: str,
    expires_at: datetime | None = None,
    actor: Actor,
    clock: Clock,
) -> None:
    """Give a member of the workspace another role, or one that ran out again.

    Raises NoSuchGrant for a stranger, InvalidGrant, AlreadyGranted, RoleMissing.
    """
    _check_admin(actor)
    user = _member(workspace, person_id)
    granting.add_membership(workspace, user, role=role, expires_at=expires_at, at=clock())
    _append(workspace, [_role_given(user, role, expires_at)], actor=actor, clock=clock)


@joins_act
def revoke_role(
    workspace: Workspace, person_id: str, *, role: str, actor: Actor, clock: Clock
) -> None:
    """Take a role away. Raises NoSuchGrant, LastAdmin, RoleMissing."""
    _check_admin(actor)
    user = _member(workspace, person_id)
    granting.revoke_membership(workspace, user, role=role, at=clock())
    change = _Change("role", user.public_id, {"role": role}, granted=False, role=role)
    _append(workspace, [change], actor=actor, clock=clock)


@joins_act
def issue_key(
    workspace: Workspace,
    terms: KeyTerms,
    *,
    actor: Actor,
    clock: Clock,
    within: Services = EVERY_SERVICE,
    claim: Claim | None = None,
) -> KeyChange:
    """Make a key; its secret is in the answer and nowhere else.

    `within` are the services to which the key that asks is limited. Raises InvalidGrant,
    RoleMissing, ServiceNotAllowed for a key that would reach further, and KeyReused for a claim
    that stood for something else.
    """
    _check_admin(actor)
    _check_within(terms.services, within)
    repeat = _repeat_of(workspace, claim)
    if repeat is not None:
        return repeat
    issued = granting.add_key(workspace, terms, created_by=actor.id, at=clock())
    seq = _append(workspace, [_key_given(issued.key)], actor=actor, clock=clock)
    _complete(workspace, claim, seq=seq, key=issued.key)
    return KeyChange(issued.key, issued.secret)


@joins_act
def rotate_key(
    workspace: Workspace,
    key_id: str,
    *,
    overlap: timedelta,
    actor: Actor,
    clock: Clock,
    within: Services = EVERY_SERVICE,
    claim: Claim | None = None,
) -> KeyChange:
    """Make a key with the same terms; the old one works until `overlap`, at most a week, is over.

    Raises NoSuchGrant for a key of another workspace, ServiceNotAllowed as `issue_key` does,
    InvalidGrant, RoleMissing, KeyReused.
    """
    _check_admin(actor)
    repeat = _repeat_of(workspace, claim)
    if repeat is not None:
        return repeat
    at = clock()
    issued = granting.rotate_key(workspace, key_id, overlap=overlap, created_by=actor.id, at=at)
    _check_within(issued.key.services, within)
    hours = {"replaces": key_id, "overlap_hours": int(overlap.total_seconds() // 3600)}
    change = _key_given(issued.key, **hours)
    seq = _append(workspace, [change], actor=actor, clock=clock)
    _complete(workspace, claim, seq=seq, key=issued.key)
    return KeyChange(issued.key, issued.secret)


@joins_act
def revoke_key(
    workspace: Workspace,
    key_id: str,
    *,
    actor: Actor,
    clock: Clock,
    within: Services = EVERY_SERVICE,
    claim: Claim | None = None,
) -> KeyChange:
    """End a key for good. Doing it again changes nothing and leaves no second entry.

    Raises NoSuchGrant for a key of another workspace, ServiceNotAllowed as `issue_key` does,
    RoleMissing, KeyReused.
    """
    _check_admin(actor)
    repeat = _repeat_of(workspace, claim)
    if repeat is not None:
        return repeat
    at, seq = clock(), None
    key = granting.revoke_key(workspace, key_id, at=at)
    _check_within(key.services, within)
    if key.revoked_at == at:
        change = _Change("key", key.pk, {"key": key.name, "prefix": key.prefix}, granted=False)
        seq = _append(workspace, [change], actor=actor, clock=clock)
    _complete(workspace, claim, seq=seq, key=key)
    return KeyChange(key)


@joins_act
def make_setup_link() -> str:
    """Return the token of a fresh one-time set-up link; earlier ones stop working.

    Raises SetupClosed once somebody is an admin.
    """
    return granting.make_setup_link()


@joins_act
def set_up(token: str, first: FirstPerson, *, workspace: Workspace, clock: Clock) -> User:
    """Make the first person of an installation, who gets admin and reviewer, and use up the link.

    Raises SetupClosed for a link that is unknown or used, InvalidGrant, AlreadyGranted.
    """
    at = clock()
    granting.use_setup_link(token, at=at)
    user = granting.add_person(
        first.email, display_name=first.display_name, password=first.password
    )
    taken = dict.fromkeys((*FIRST_ROLES, *first.further_roles))
    for role in taken:
        granting.add_membership(workspace, user, role=role, at=at)
    changes = [_person_added(user), *(_role_given(user, role, None) for role in taken)]
    _append(workspace, changes, actor=actors.SETUP, clock=clock)
    return user


def _check_admin(actor: Actor) -> None:
    # Doors ask first; asked again here, so that no door that forgets can hand out a key.
    if actor.is_person and actor.role != roles.ADMIN:
        raise RoleMissing("admin")


def _check_within(services: Iterable[str], within: Services) -> None:
    """Refuse a key that may touch more than the key that asks; no services means all of them."""
    wanted = frozenset(services)
    if within and not (wanted and wanted <= within):
        raise ServiceNotAllowed("A key limited to services manages keys for those alone.")


def _repeat_of(workspace: Workspace, claim: Claim | None) -> KeyChange | None:
    """Take an idempotency key; return the key it stood for before, without its secret."""
    earlier = None if claim is None else take_key(ledger_of(workspace.pk), claim)
    key = queries.key_of(workspace, earlier.result or "") if earlier else None
    return None if key is None else KeyChange(key, is_repeat=True)


def _complete(workspace: Workspace, claim: Claim | None, *, seq: int | None, key: ApiKey) -> None:
    if claim is not None:
        settle_key(ledger_of(workspace.pk), claim, seq=seq, result=key.pk)


def _member(workspace: Workspace, person_id: str) -> User:
    user = queries.person_of(workspace, person_id)
    if user is None:
        raise NoSuchGrant("There is no such person in this workspace.")
    return user


def _person_added(user: User) -> _Change:
    value = {"display_name": user.display_name, "email": user.email}
    return _Change("person", user.public_id, value, granted=True)


def _role_given(user: User, role: str, expires_at: datetime | None) -> _Change:
    value = {"role": role, "expires_at": _written(expires_at)}
    return _Change("role", user.public_id, value, granted=True, role=role)


def _key_given(key: ApiKey, **more: object) -> _Change:
    value = {
        "key": key.name,
        "prefix": key.prefix,
        "scopes": list(key.scopes),
        "services": list(key.services),
        "owner": key.owner.public_id if key.owner else None,
        "expires_at": _written(key.expires_at),
        "rate": key.rate,
    }
    return _Change("key", key.pk, value | more, granted=True)


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else write_time(moment)


def _append(workspace: Workspace, changes: Iterable[_Change], *, actor: Actor, clock: Clock) -> int:
    drafts = [_draft(change, actor=actor) for change in changes]
    appended = append_entries(hold(ledger_of(workspace.pk), clock=clock), drafts)
    return appended[-1].header.seq


def _draft(change: _Change, *, actor: Actor) -> Draft:
    # Names of people and keys are personal or may be; class p, so that they can be erased.
    pieces = [written("value", dict(change.value))]
    details = actor.personal_details()
    if details is not None:
        pieces.append(written("actor", details))
    parts = seal(pieces, draw=os.urandom)
    facts: dict[str, object] = {"area": "access", "name": change.name, "granted": change.granted}
    if change.role is not None:
        facts["role"] = change.role
    entry = NewEntry(
        "settings.changed",
        actor.header(),
        facts=facts,
        refs={"who": change.who},
        parts=tuple(part.ref for part in parts),
    )
    return Draft(entry, parts)
