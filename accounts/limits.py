"""How much a key may ask in a minute, and how often somebody may try to sign in.

Windows are fixed and aligned to the clock. A process takes a small lease from the shared count and
spends it by itself, so that most calls cost no round trip; what it does not spend is lost to the
key, at most one part in 600 for each process. When the cache is down everything is let through:
recording goes on. There is no limit in local open mode.
"""

import hashlib
import logging
import math
import threading
import time
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, ClassVar, Final, cast

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest, HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request

from accounts import activity
from accounts.authentication import Access, ApiRequest
from accounts.errors import RateLimited

if TYPE_CHECKING:
    from rest_framework.views import APIView as _View
else:  # a mix-in: sign-in pages use this module and should not load REST framework's views
    _View = object

logger = logging.getLogger(__name__)

WINDOW_S: Final = 60
# A lease is this share of the quota: small enough that several processes agree on what is left.
_LEASES_OF_A_QUOTA: Final = 600
SIGN_IN_WINDOW_S: Final = 15 * 60
TRIES_PER_PERSON: Final = 10
TRIES_PER_ADDRESS: Final = 100
# After a failure the cache is left alone this long, so that a hanging one costs little.
_SILENT_S: Final = 5.0


@dataclass(frozen=True, slots=True)
class Allowance:
    """What is left of one policy in the running window."""

    policy: str
    quota: int
    remaining: int
    reset_s: int

    def headers(self) -> dict[str, str]:
        """Return the headers that tell a program where it stands."""
        return {
            "RateLimit-Policy": f'"{self.policy}";q={self.quota};w={WINDOW_S}',
            "RateLimit": f'"{self.policy}";r={self.remaining};t={self.reset_s}',
            "X-RateLimit-Limit": str(self.quota),
            "X-RateLimit-Remaining": str(self.remaining),
            "X-RateLimit-Reset": str(self.reset_s),
        }


class Counter:
    """Counts in the cache; answers None while it is down."""

    def __init__(self) -> None:
        self._silent_until = 0.0

    def add(self, name: str, cost: int, *, seconds: int) -> int | None:
        """Add to a count that lives about `seconds` and return it, or None if nobody counts."""
        if time.monotonic() < self._silent_until:
            return None
        # Django's own `incr` fails on a missing key and asks twice; a pipeline asks once.
        client_of = cast("Any", cache)._cache  # noqa: SLF001
        try:
            pipe = client_of.get_client(name, write=True).pipeline(transaction=False)
            pipe.incrby(name, cost)
            pipe.expire(name, seconds)
            return int(pipe.execute()[0])
        except client_of._lib.RedisError as fault:  # noqa: SLF001  the driver stays in its room
            self._silent_until = time.monotonic() + _SILENT_S
            logger.warning("rate limits are not counted: %s", type(fault).__name__)
            return None


_counter = Counter()


class Leases:
    """What this process may still spend of a key's window without asking the shared count."""

    def __init__(self) -> None:
        self._mutex = threading.Lock()
        self._left: dict[str, tuple[int, int, int]] = {}

    def spend(self, name: str, cost: int, *, window: int, quota: int) -> tuple[bool, int] | None:
        """Spend `cost`; return whether it was there and what is left of the quota.

        None while nobody counts. A cost above the lease asks for the whole of it at once.
        """
        with self._mutex:
            of_window, lease, beyond = self._left.get(name, (window, 0, quota))
            if of_window != window:
                lease, beyond = 0, quota
            if lease < cost:
                wanted = max(cost - lease, quota // _LEASES_OF_A_QUOTA)
                count = _counter.add(f"rate:{name}:{window}", wanted, seconds=2 * WINDOW_S)
                if count is None:
                    return None
                # Of what was asked for, only that below the quota is granted.
                lease += max(min(wanted, quota - (count - wanted)), 0)
                beyond = max(quota - count, 0)
            granted = lease >= cost
            lease -= cost if granted else 0
            self._forget_old(window)
            self._left[name] = (window, lease, beyond)
            return granted, beyond + lease

    def _forget_old(self, window: int) -> None:
        if len(self._left) > _MOST_LEASES:
            self._left = {name: one for name, one in self._left.items() if one[0] == window}

    def forget_all(self) -> None:
        """Begin again, as a process just started does."""
        with self._mutex:
            self._left.clear()


_MOST_LEASES: Final = 10_000
leases = Leases()
# When this process last wrote that a key was used.
_noted: dict[str, float] = {}


def take(access: Access, policy: str, *, cost: int = 1) -> Allowance | None:
    """Take `cost` from the key's allowance and return what is left, or None if nobody counts.

    Raises RateLimited if the window is used up; it carries the seconds to wait and the allowance.
    """
    if access.key_id is None:
        return None
    quota = (access.rate or {}).get(policy) or settings.RATE_ALLOWANCES[policy]
    window, passed = divmod(time.time(), WINDOW_S)
    spent = leases.spend(f"{access.key_id}:{policy}", cost, window=int(window), quota=quota)
    if spent is None:
        return None
    granted, remaining = spent
    left = Allowance(policy, quota, remaining, math.ceil(WINDOW_S - passed))
    if not granted:
        raise RateLimited(left.reset_s, headers=left.headers())
    return left


class Limited(_View):
    """Mixed in before APIView: calls count against the key, and answers say what is left.

    A view whose cost is known only after parsing, such as a batch, sets `rate_policy = None` and
    calls `self.spend(request, "record", cost=n)`.
    """

    rate_policy: ClassVar[str | None] = "default"
    _allowance: Allowance | None = None

    def spend(self, request: Request, policy: str, *, cost: int = 1) -> None:
        """Take `cost` from the key's allowance; raises RateLimited when it is used up."""
        self._allowance = take(cast("ApiRequest", request).access, policy, cost=cost)

    def check_throttles(self, request: Request) -> None:
        """Count this call, unless the view counts by itself."""
        if self.rate_policy is not None:
            self.spend(request, self.rate_policy)

    def finalize_response(
        self,
        request: Request,
        response: Any,
        *args: Any,
        **kwargs: Any,
    ) -> Any:
        """Say what is left, and note the key's use once the answer is on its way."""
        answer = super().finalize_response(request, response, *args, **kwargs)
        if self._allowance is not None:
            for name, value in self._allowance.headers().items():
                answer.headers[name] = value
        note_use_after(answer, getattr(request, "access", None))
        return answer


def note_use_after(response: HttpResponseBase, access: Access | None) -> None:
    """Note a key's use after the answer was sent, so that no caller waits for the write."""
    if access is not None and access.key_id is not None and _note_is_due(access):
        key_id = access.key_id
        # The one place Django has for work after an answer; it has no public name.
        closers = cast("Any", response)._resource_closers  # noqa: SLF001
        closers.append(lambda: activity.note_key_use(key_id, at=timezone.now()))


def _note_is_due(access: Access) -> bool:
    """Whether this process should write the key's use now; what it remembers of the key is old."""
    now, key_id = time.monotonic(), access.key_id or ""
    if not access.use_unnoted or now - _noted.get(key_id, -math.inf) < WINDOW_S:
        return False
    if len(_noted) > _MOST_LEASES:
        _noted.clear()
    _noted[key_id] = now
    return True


def may_try_to_sign_in(email: str, *, address: str) -> bool:
    """Count a try to sign in; False when this person or this address failed too often.

    The answer does not depend on whether the person exists.
    """
    tries = _sign_in_counts(email, address=address)
    counts = [(_counter.add(name, 1, seconds=2 * SIGN_IN_WINDOW_S), most) for name, most in tries]
    return all(count is None or count <= most for count, most in counts)


def forgive_sign_in(email: str, *, address: str) -> None:
    """Take back the count of a try that succeeded: only failures add up."""
    for name, _ in _sign_in_counts(email, address=address):
        _counter.add(name, -1, seconds=2 * SIGN_IN_WINDOW_S)


def _sign_in_counts(email: str, *, address: str) -> tuple[tuple[str, int], ...]:
    window = int(time.time() // SIGN_IN_WINDOW_S)
    # A digest, so that no email address stands in the cache.
    person = hashlib.sha256(email.strip().lower().encode()).hexdigest()[:32]
    return (
        (f"signin:{window}:{person}:{address}", TRIES_PER_PERSON),
        (f"signin:{window}:{address}", TRIES_PER_ADDRESS),
    )


def client_address(request: HttpRequest) -> str:
    """Return who is at the other end, as far as the trusted proxies can say."""
    peer: str = request.META.get("REMOTE_ADDR", "")
    hops = [hop.strip() for hop in request.headers.get("X-Forwarded-For", "").split(",")]
    trusted: int = settings.TRUSTED_PROXIES
    return hops[-trusted] if trusted and len(hops) >= trusted and hops[-trusted] else peer
