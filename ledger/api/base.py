"""What every door of the API shares: who calls, which ledger, what was sent, how it is answered.

A door says `scope`, reads with the methods below, makes one call inward and returns `Response`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from datetime import datetime
from functools import cached_property
from typing import TYPE_CHECKING, Any, ClassVar

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.views import APIView

from accounts.actors import Actor
from accounts.authentication import Access, ApiRequest
from accounts.limits import Limited
from accounts.permissions import Scope
from ledger import content, idempotency, queries
from ledger.api import bodies
from ledger.api.documenting import HandWritten
from ledger.api.problems import Fault, Problem, invalid_parameter, shown
from ledger.content import Member
from ledger.errors import NotFound
from ledger.idempotency import KEEP, MAX_KEY, Claim
from ledger.queries import LedgerRef
from ledger.reviewing import DecisionRef

if TYPE_CHECKING:
    from accounts.models import Workspace

_DECISION_ID = re.compile(r"dec_[0-9a-f]{32}", re.ASCII)
_PRINTABLE_KEY = re.compile(rf"[\x20-\x7e]{{1,{MAX_KEY}}}", re.ASCII)


class WorkspaceAPIView(Limited, APIView):
    """A door under `/v1`: answers for the workspace of the caller's key and nothing else.

    `scope` is the key scope that opens it (see `accounts.permissions.HasScope`), `rate_policy` the
    allowance a call counts against. `media_types` are the forms it answers in.
    """

    scope: ClassVar[Scope | Mapping[str, Scope]]
    media_types: ClassVar[tuple[str, ...]] = ("application/json",)
    max_body_bytes: ClassVar[int] = settings.MAX_BODY_BYTES
    # OPTIONS is for browsers of other sites, and those are not answered.
    http_method_names: ClassVar[list[str]] = ["get", "head", "post", "put", "patch"]  # type: ignore[misc]
    request: ApiRequest
    schema = HandWritten()

    @property
    def plain(self) -> HttpRequest:
        """The request as the server gave it."""
        return self.request._request  # noqa: SLF001  REST framework has no public name for it

    @property
    def actor(self) -> Actor:
        """Who calls, with the role by which the call was allowed."""
        return self.request.actor

    @property
    def access(self) -> Access:
        """What the caller's key allows."""
        return self.request.access

    @property
    def workspace(self) -> Workspace:
        """The workspace of the caller's key."""
        return self.request.workspace

    @cached_property
    def ledger(self) -> LedgerRef:
        """The open ledger of the workspace."""
        return queries.ledger_of(self.request.workspace.id)

    @property
    def clock(self) -> Callable[[], datetime]:
        """The process clock, to hand to a verb."""
        return timezone.now

    # --- what was sent

    def read_body(self) -> bytes:
        """Return the unpacked body; Problem if it is too large, or not declared to be JSON."""
        body = bodies.read_body(self.plain, limit=self.max_body_bytes)
        if body:
            bodies.require_json(self.plain)
        return body

    def read_members(
        self, body: bytes, *, allowed: Collection[str] | None = None
    ) -> dict[str, Member]:
        """Return the members of a JSON object with their exact bytes.

        Raises InvalidContent for anything else, and Problem (unknown_field) for a key that is not
        among `allowed`; None allows every key.
        """
        if not body:
            raise Problem("malformed_json", "The body is empty; send a JSON object.")
        members = content.slice_members(body)
        unknown = [] if allowed is None else sorted(set(members) - set(allowed))
        if unknown:
            raise unknown_fields(unknown)
        return members

    def claim(self, body: bytes, **keep: Any) -> Claim | None:
        """Return the claim of the request's `Idempotency-Key`, None if it has none."""
        key = self.plain.headers.get("Idempotency-Key")
        if key is None:
            return None
        if not _PRINTABLE_KEY.fullmatch(key):
            raise invalid_parameter(
                "Idempotency-Key", "must have 1 to 255 printable ASCII characters."
            )
        digest = idempotency.request_digest(
            settings.SECRET_KEY, method=self.plain.method or "", path=self.plain.path, body=body
        )
        return idempotency.request_key(
            self.actor.id, key, request=digest, keep=keep.get("keep", KEEP)
        )

    def decision_ref(self, decision_id: str) -> DecisionRef:
        """Return the decision of an address.

        Raises NotFound for what cannot be an id of one, and ServiceNotAllowed for a decision of a
        service that the key is not for.
        """
        if not _DECISION_ID.fullmatch(decision_id):
            raise NotFound(f"Decision {shown(decision_id)} not found")
        if self.access.services:
            self.access.require_service(queries.decision(self.ledger, decision_id).service)
        return DecisionRef(self.ledger, decision_id)


def unknown_fields(names: Collection[str]) -> Problem:
    """Return the problem of keys that nobody reads, where ignoring them would mislead."""
    faults = [
        Fault(f"/{shown(name)}", "unknown_field", f"{shown(name)} is not known here.")
        for name in list(names)[:20]
    ]
    return Problem("unknown_field", faults[0].detail, errors=faults)
