"""Keys of the workspace: `/v1/keys`. Every change is an entry; a secret is shown once."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import datetime, timedelta
from typing import Any, Final

from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from accounts import keys, queries
from accounts.errors import NoSuchGrant
from accounts.queries import ListedKey
from ledger import administration, cursors
from ledger.administration import KeyChange, KeyTerms
from ledger.api import listing, parameters
from ledger.api.base import WorkspaceAPIView
from ledger.api.problems import Fault, Problem
from ledger.content import Member
from ledger.content.submission import read_time

OF_KEY: Final = ("name", "scopes", "preset", "services", "expires_at", "rate", "personal")
OF_ROTATION: Final = ("overlap_hours",)
MAX_LIMIT: Final = 200
LIST: Final = "keys"
MAX_SERVICES: Final = 100
DAY_H: Final = 24

_KEY_ID = re.compile(r"key_[0-9a-f]{32}", re.ASCII)


class KeysView(WorkspaceAPIView):
    """What the doors to keys share: the scope, and how a key is shown."""

    scope = "admin"

    def shown(self, change: KeyChange, *, status: int) -> Response:
        """Return the key that was changed; with its secret if it was made just now."""
        answer = key_object(queries.listed_key(change.key, at=self.clock()))
        headers = {"Idempotency-Replayed": "true"} if change.is_repeat else {}
        if status == 201:  # noqa: PLR2004  created
            answer |= {"secret": change.secret}
            headers["Location"] = f"/v1/keys/{change.key.pk}"
        return Response(answer, status=status, headers=headers)

    def key_id(self, sent: str) -> str:
        """Return the id of an address; raises NoSuchGrant for what cannot be one."""
        if not _KEY_ID.fullmatch(sent):
            raise NoSuchGrant("There is no such key.")
        return sent


class Keys(KeysView):
    """`/v1/keys`: make one, or list them."""

    def get(self, _request: Request) -> Response:
        """Return the keys, newest first, revoked and expired ones included."""
        parameters.refuse_unknown(self.plain, ("cursor", "limit", "count"))
        limit = parameters.whole(self.plain, "limit", default=50, low=1, high=MAX_LIMIT)
        cursor = parameters.text(self.plain, "cursor", most=400)
        found = queries.keys_after(
            self.workspace,
            cursors.read(self.ledger, LIST, cursor),
            limit=limit,
            at=self.clock(),
        )
        last = found.following
        following = None if last is None else cursors.write(self.ledger, LIST, last)
        answer: dict[str, Any] = {
            "data": [key_object(each) for each in found.keys],
            "next_cursor": following,
            "has_more": following is not None,
        }
        if parameters.flag(self.plain, "count"):
            answer["total"] = queries.keys_of(self.workspace).count()
        return listing.slice_answer(self.plain, answer)

    def post(self, _request: Request) -> Response:
        """Make a key; its secret is in this answer and in no other."""
        body = self.read_body()
        members = self.read_members(body, allowed=OF_KEY)
        change = administration.issue_key(
            self.workspace,
            self._terms(_Sent(members)),
            actor=self.actor,
            clock=self.clock,
            within=self.access.services,
            claim=self.claim(body),
        )
        return self.shown(change, status=201)

    def _terms(self, sent: _Sent) -> KeyTerms:
        expires_at = sent.moment("expires_at")
        services = sent.names("services")
        personal = sent.flag("personal")
        if personal and not self.actor.is_person:
            sent.refuse("personal", "needs a personal key: a service key is nobody's own.")
        name = sent.text("name")
        scopes = sent.scopes(expires=expires_at is not None)
        rate = sent.rate()
        sent.check()
        return KeyTerms(
            name=name,
            scopes=scopes,
            services=services,
            expires_at=expires_at,
            owner=queries.person_of(self.workspace, self.actor.id) if personal else None,
            rate=rate,
        )


class OneKey(KeysView):
    """`/v1/keys/{id}`."""

    def get(self, _request: Request, key_id: str) -> Response:
        """Return the key; never its secret."""
        parameters.refuse_unknown(self.plain, ())
        key = queries.key_of(self.workspace, self.key_id(key_id))
        if key is None:
            raise NoSuchGrant("There is no such key.")
        return Response(key_object(queries.listed_key(key, at=self.clock())))


class Rotate(KeysView):
    """`/v1/keys/{id}/rotate`."""

    def post(self, _request: Request, key_id: str) -> Response:
        """Make a successor; the old key lives on for `overlap_hours`, 24 if nothing is said."""
        body = self.read_body()
        sent = _Sent(self.read_members(body, allowed=OF_ROTATION) if body else {})
        hours = sent.whole("overlap_hours", default=DAY_H, high=168)
        sent.check()
        change = administration.rotate_key(
            self.workspace,
            self.key_id(key_id),
            overlap=timedelta(hours=hours),
            actor=self.actor,
            clock=self.clock,
            within=self.access.services,
            claim=self.claim(body),
        )
        return self.shown(change, status=201)


class Revoke(KeysView):
    """`/v1/keys/{id}/revoke`."""

    def post(self, _request: Request, key_id: str) -> Response:
        """End a key for good; programs that use it are refused within seconds."""
        body = self.read_body()
        if body:
            self.read_members(body, allowed=())
        change = administration.revoke_key(
            self.workspace,
            self.key_id(key_id),
            actor=self.actor,
            clock=self.clock,
            within=self.access.services,
            claim=self.claim(body),
        )
        return self.shown(change, status=200)


def key_object(listed: ListedKey) -> dict[str, Any]:
    """Return a key as the API shows it: never its secret or digest."""
    key = listed.key
    return {
        "key_id": key.pk,
        "name": key.name,
        "prefix": key.prefix,
        "scopes": list(key.scopes),
        "services": list(key.services),
        "owner": key.owner.public_id if key.owner else None,
        "state": listed.state,
        "expires_at": _written(key.expires_at),
        "revoked_at": _written(key.revoked_at),
        "replaced_by": key.replaced_by_id,
        "rate": key.rate,
        "created_at": _written(key.created_at),
        "created_by": {"id": key.created_by, "name": listed.created_by},
        "last_used_at": _written(key.last_used_at),
    }


def _written(moment: datetime | None) -> str | None:
    return None if moment is None else read_time(moment.isoformat())


class _Sent:
    """The members of a body that describes a key; faults are collected, null is absent."""

    def __init__(self, members: Mapping[str, Member]) -> None:
        self._given = {name: one.value for name, one in members.items() if one.value is not None}
        self._faults: list[Fault] = []

    def refuse(self, name: str, wanted: str) -> None:
        """Note that a member is not as it must be."""
        self._faults.append(Fault(f"/{name}", "validation_failed", f"{name} {wanted}"))

    def check(self) -> None:
        """Raise Problem with every fault that was noted."""
        if self._faults:
            first = self._faults[0]
            raise Problem("validation_failed", first.detail, errors=self._faults)

    def text(self, name: str) -> str:
        """Return a required text; `ledger.administration` looks at what is in it."""
        value = self._given.get(name)
        if not isinstance(value, str):
            self.refuse(name, "is required and must be a string.")
            return ""
        return value

    def names(self, name: str) -> tuple[str, ...]:
        """Return a list of strings; absent is none."""
        value = self._given.get(name, [])
        if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
            self.refuse(name, "must be a list of strings.")
            return ()
        if len(value) > MAX_SERVICES:
            self.refuse(name, f"may have at most {MAX_SERVICES} items.")
            return ()
        return tuple(value)

    def scopes(self, *, expires: bool) -> tuple[str, ...]:
        """Return the scopes, named one by one or by a preset, never both."""
        preset = self._given.get("preset")
        if (preset is None) == ("scopes" not in self._given):
            self.refuse("scopes", "or preset must be given, one of the two.")
            return ()
        if preset is None:
            return self.names("scopes")
        if not isinstance(preset, str):
            self.refuse("preset", "must be a string.")
            return ()
        self.check()
        return keys.scopes_of_preset(preset, expires=expires)

    def moment(self, name: str) -> datetime | None:
        """Return a date-time; absent is None."""
        value = self._given.get(name)
        if value is None:
            return None
        read = read_time(value)
        if read is None:
            self.refuse(name, "must be an RFC 3339 date-time with an offset.")
            return None
        return datetime.fromisoformat(read)

    def flag(self, name: str) -> bool:
        """Return true or false; absent is false."""
        value = self._given.get(name, False)
        if not isinstance(value, bool):
            self.refuse(name, "must be true or false.")
            return False
        return value

    def whole(self, name: str, *, default: int, high: int) -> int:
        """Return a whole number from 0 to `high`."""
        value = self._given.get(name, default)
        if type(value) is not int or not 0 <= value <= high:
            self.refuse(name, f"must be a whole number from 0 to {high}.")
            return default
        return value

    def rate(self) -> dict[str, int] | None:
        """Return calls a minute by policy; absent is None: the usual numbers."""
        value = self._given.get("rate")
        if value is None or isinstance(value, dict):
            return value
        self.refuse("rate", "must be an object of whole numbers.")
        return None


urlpatterns = [
    path("v1/keys", Keys.as_view()),
    path("v1/keys/<str:key_id>", OneKey.as_view()),
    path("v1/keys/<str:key_id>/rotate", Rotate.as_view()),
    path("v1/keys/<str:key_id>/revoke", Revoke.as_view()),
]
