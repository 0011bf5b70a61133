"""The door shared by every API: who calls, and for which workspace.

A key comes as `Authorization: Bearer`, as `X-API-Key`, or as the user name of HTTP Basic. Without
one, a call is accepted only in local open mode. The browser session never opens an API. What is
found is put on the request: `actor`, `workspace`, and `access`, what the key allows.
"""

import base64
import binascii
import ipaddress
import time
from collections import OrderedDict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from threading import Lock
from typing import Final, Generic, TypeVar, cast
from urllib.parse import urlsplit

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from rest_framework.authentication import BaseAuthentication
from rest_framework.request import Request

from accounts import actors, keys, queries, workspaces
from accounts.activity import USE_IS_NOTED_EVERY
from accounts.actors import Actor
from accounts.errors import (
    CrossSiteRequest,
    KeyExpired,
    KeyInvalid,
    KeyRequired,
    ServiceNotAllowed,
)
from accounts.models import Workspace
from accounts.queries import Holder

# A revoked key stops working within this time in every process, without a query per request.
REMEMBERED_S: Final = 5.0

# Every word that proxies are known to add; a call that carries one came from somewhere else.
_FORWARDING: Final = (
    "HTTP_FORWARDED",
    "HTTP_VIA",
    "HTTP_X_FORWARDED",
    "HTTP_X_ORIGINAL",
    "HTTP_X_REAL_IP",
    "HTTP_X_CLIENT_IP",
    "HTTP_X_CLUSTER_CLIENT_IP",
    "HTTP_X_ENVOY",
    "HTTP_X_PROXYUSER_IP",
    "HTTP_TRUE_CLIENT_IP",
    "HTTP_CF_CONNECTING_IP",
    "HTTP_FASTLY_CLIENT_IP",
    "HTTP_FLY_CLIENT_IP",
)
_LOCAL_HOSTS: Final = frozenset({"localhost", "127.0.0.1", "[::1]"})
# "same-site" is refused: another program's page on another port of this machine is same-site.
_OWN_FETCHES: Final = frozenset({"same-origin", "none"})

Name = TypeVar("Name")
Value = TypeVar("Value")


@dataclass(frozen=True, slots=True)
class Access:
    """What the caller's key allows; `key_id` is None for a call without a key in open mode.

    `rate` holds the key's own allowances by policy. `use_unnoted` says that the key's last use was
    written long enough ago for it to be written again.
    """

    key_id: str | None
    scopes: frozenset[str]
    services: frozenset[str] = frozenset()
    rate: dict[str, int] | None = None
    use_unnoted: bool = False

    def allows_service(self, name: str) -> bool:
        """Say whether the key may touch this service; a key without a list may touch every one."""
        return not self.services or name in self.services

    def require_service(self, name: str) -> None:
        """Raise ServiceNotAllowed if the key is limited to other services."""
        if not self.allows_service(name):
            raise ServiceNotAllowed("The key is limited to other services.")


class ApiRequest(Request):
    """A request that passed `KeyAuthentication`."""

    actor: Actor
    workspace: Workspace
    access: Access


class Remembered(Generic[Name, Value]):
    """What a look-up found, kept for a few seconds, for the newest names only.

    Safe between threads. What was not found is not kept: a key works at once after it was made.
    """

    def __init__(self, *, seconds: float, most: int) -> None:
        self._seconds, self._most = seconds, most
        self._found: OrderedDict[Name, tuple[float, Value]] = OrderedDict()
        self._lock = Lock()

    def get(self, name: Name, look_up: Callable[[], Value | None]) -> Value | None:
        """Return what is remembered for `name`, or ask `look_up` and remember its answer."""
        known = self._found.get(name)
        if known is not None and time.monotonic() - known[0] < self._seconds:
            return known[1]
        value = look_up()
        if value is not None:
            self._keep(name, value)
        return value

    def clear(self) -> None:
        """Forget everything, so that the next look-up asks again."""
        with self._lock:
            self._found.clear()

    def _keep(self, name: Name, value: Value) -> None:
        with self._lock:
            self._found[name] = (time.monotonic(), value)
            self._found.move_to_end(name)
            while len(self._found) > self._most:
                self._found.popitem(last=False)


_holders: Remembered[bytes, Holder] = Remembered(seconds=REMEMBERED_S, most=1024)
_local: Remembered[str, Workspace] = Remembered(seconds=REMEMBERED_S, most=1)


def forget_all() -> None:
    """Forget remembered keys and workspace in this process; tests that revoke need not wait."""
    _holders.clear()
    _local.clear()


class KeyAuthentication(BaseAuthentication):
    """Recognises a key or a local call; costs at most one indexed query, usually none."""

    def authenticate(self, request: Request) -> tuple[Actor, Access]:
        """Put actor, workspace and access on the request, or raise why the caller is not known."""
        secret = presented_key(request._request)  # noqa: SLF001  the plain request has the headers
        if secret is None:
            actor, workspace, access = _local_caller(request._request)  # noqa: SLF001
        else:
            actor, workspace, access = _key_holder(secret, at=timezone.now())
        known = cast("ApiRequest", request)
        known.actor, known.workspace, known.access = actor, workspace, access
        return actor, access

    def authenticate_header(self, request: Request) -> str:  # noqa: ARG002  REST framework's
        """Return the challenge of a 401."""
        return KeyRequired.challenge


def presented_key(request: HttpRequest) -> str | None:
    """Return the key a call carries in one of the three ways, or None if it carries none.

    Raises KeyInvalid if there is an Authorization header that cannot hold a key.
    """
    header = request.headers.get("Authorization")
    if header is None:
        return request.headers.get("X-API-Key")
    scheme, _, value = header.strip().partition(" ")
    match scheme.lower():
        case "bearer":
            return value.strip()
        case "basic":
            return _user_name(value.strip())
    raise KeyInvalid("Present the key as a bearer token.")


def _user_name(credentials: str) -> str:
    try:
        decoded = base64.b64decode(credentials, validate=True).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        raise KeyInvalid("The Basic credentials cannot be read.") from None
    return decoded.partition(":")[0]


def _key_holder(secret: str, *, at: datetime) -> tuple[Actor, Workspace, Access]:
    # Most calls present a key seen a moment ago; only another one is taken apart and looked up.
    digest = keys.digest_key(secret)
    holder = _holders.get(digest, lambda: _look_up(secret, at=at))
    if holder is None or holder.key.revoked_at is not None:
        raise KeyInvalid("The key is unknown or revoked.")
    if holder.key.expires_at is not None and holder.key.expires_at <= at:
        raise KeyExpired("The key has expired; ask an admin for another one.")
    return _actor_of(holder), holder.workspace, _access_of(holder, at=at)


def _look_up(secret: str, *, at: datetime) -> Holder | None:
    return queries.holder_by_digest(keys.parse_key(secret).digest, at=at)


def _actor_of(holder: Holder) -> Actor:
    if holder.owner is None:
        return actors.service(holder.key.public_id)
    if not holder.owner.is_active:
        raise KeyInvalid("The key is unknown or revoked.")
    return workspaces.person(holder.owner, roles=holder.roles, auth="api_key")


def _access_of(holder: Holder, *, at: datetime) -> Access:
    key = holder.key
    return Access(
        key_id=key.public_id,
        scopes=frozenset(key.scopes),
        services=frozenset(key.services),
        rate=key.rate,
        use_unnoted=_is_stale(key.last_used_at, at=at),
    )


def _is_stale(last_used_at: datetime | None, *, at: datetime) -> bool:
    # A little later than the minute, so that two processes rarely try for the same one.
    slack = timedelta(seconds=REMEMBERED_S)
    return last_used_at is None or at - last_used_at >= USE_IS_NOTED_EVERY + slack


def _local_caller(request: HttpRequest) -> tuple[Actor, Workspace, Access]:
    if not (settings.OPEN_LOCAL and is_local_call(request)):
        raise KeyRequired("This call needs an API key: Authorization: Bearer lg_live_…")
    if is_cross_site(request):
        raise CrossSiteRequest("Pages of other sites may not call without a key.")
    slug = workspaces.DEFAULT_SLUG
    workspace = _local.get(slug, lambda: queries.workspace_by_slug(slug))
    if workspace is None:
        raise KeyRequired("This call needs an API key.")
    return actors.LOCAL, workspace, Access(key_id=None, scopes=keys.LOCAL_SCOPES)


def is_local_call(request: HttpRequest) -> bool:
    """Say whether a call comes from this machine itself: peer, forwarding headers and Host."""
    host = request.META.get("HTTP_HOST", "").lower()
    name = host[: host.find("]") + 1] if host.startswith("[") else host.partition(":")[0]
    forwarded = any(header.startswith(_FORWARDING) for header in request.META)
    return name in _LOCAL_HOSTS and not forwarded and _is_loopback(request.META["REMOTE_ADDR"])


def _is_loopback(address: str) -> bool:
    try:
        peer = ipaddress.ip_address(address)
    except ValueError:
        return False
    mapped = getattr(peer, "ipv4_mapped", None)
    return (mapped or peer).is_loopback


def is_cross_site(request: HttpRequest) -> bool:
    """Say whether a browser sent the call for a page of another origin."""
    fetch_site = request.headers.get("Sec-Fetch-Site")
    if fetch_site is not None and fetch_site.lower() not in _OWN_FETCHES:
        return True
    origin = request.headers.get("Origin")
    if origin is None:
        return False
    try:
        sender = urlsplit(origin)
    except ValueError:
        return True
    own = (request.scheme, request.META.get("HTTP_HOST", "").lower())
    return (sender.scheme, sender.netloc.lower()) != own
