"""What a key may ask in a minute, what it is told, and what happens without the cache."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.core.cache import cache
from django.core.signals import request_finished
from django.db import close_old_connections
from django.http import HttpResponse
from django.test import RequestFactory

from accounts import ids, limits
from accounts.authentication import Access
from accounts.errors import RateLimited
from accounts.limits import Limited


@pytest.fixture
def access():
    return Access(key_id=ids.draw_key_id(), scopes=frozenset(), rate={"record": 3})


@pytest.fixture(autouse=True)
def _noon(monkeypatch):
    """Stand ten seconds into a window, so that no test meets its end."""
    monkeypatch.setattr(limits.time, "time", lambda: 1_800_000_010.0)


@pytest.fixture
def no_cache(settings, monkeypatch):
    """Point the cache at a place where nobody listens."""
    location = "unix:///nonexistent/valkey.sock"
    settings.CACHES = {"default": settings.CACHES["default"] | {"LOCATION": location}}
    monkeypatch.setattr(limits, "_counter", limits.Counter())


def test_an_answer_says_what_is_left_and_until_when(access):
    left = limits.take(access, "record")

    assert left.headers() == {
        "RateLimit-Policy": '"record";q=3;w=60',
        "RateLimit": '"record";r=2;t=50',
        "X-RateLimit-Limit": "3",
        "X-RateLimit-Remaining": "2",
        "X-RateLimit-Reset": "50",
    }


def test_the_call_after_the_last_allowed_one_is_told_when_to_come_back(access):
    limits.take(access, "record", cost=3)

    with pytest.raises(RateLimited) as refused:
        limits.take(access, "record")

    assert refused.value.retry_after_s == 50
    assert refused.value.headers["Retry-After"] == "50"
    assert refused.value.headers["RateLimit"] == '"record";r=0;t=50'


def test_a_batch_costs_what_it_carries(access):
    assert limits.take(access, "record", cost=2).remaining == 1


def test_another_key_has_an_allowance_of_its_own(access):
    limits.take(access, "record", cost=3)

    stranger = Access(key_id=ids.draw_key_id(), scopes=frozenset(), rate={"record": 3})

    assert limits.take(stranger, "record").remaining == 2


def test_the_next_minute_begins_afresh(access, monkeypatch):
    limits.take(access, "record", cost=3)
    monkeypatch.setattr(limits.time, "time", lambda: 1_800_000_060.0)

    assert limits.take(access, "record").remaining == 2


def test_a_key_without_numbers_of_its_own_has_the_usual_ones(settings):
    plain = Access(key_id=ids.draw_key_id(), scopes=frozenset())

    quotas = {name: limits.take(plain, name).quota for name in settings.RATE_ALLOWANCES}

    assert quotas == {"record": 60_000, "default": 6_000, "heavy": 120}


def test_a_local_call_is_not_counted():
    assert limits.take(Access(key_id=None, scopes=frozenset()), "heavy") is None


def test_a_count_ends_by_itself(access):
    limits.take(access, "record")

    name = f"rate:{access.key_id}:record:30000000"
    left = cache._cache.get_client(name).ttl(name)

    assert 0 < left <= 120


@pytest.mark.usefixtures("no_cache")
def test_calls_go_through_while_the_cache_is_down(access):
    assert limits.take(access, "record", cost=1000) is None


class Answering:
    """The end of REST framework's chain, as far as the mix-in needs it."""

    def finalize_response(self, request, response):  # noqa: ARG002
        return response


class Heavy(Limited, Answering):
    rate_policy = "heavy"


class Batch(Limited, Answering):
    rate_policy = None


def test_a_view_counts_by_its_policy_and_its_answer_says_so(access):
    request, view = SimpleNamespace(access=access), Heavy()

    view.check_throttles(request)
    answer = view.finalize_response(request, HttpResponse())

    assert answer.headers["RateLimit"] == '"heavy";r=119;t=50'


def test_a_view_that_counts_by_itself_is_counted_once(access):
    request, view = SimpleNamespace(access=access), Batch()

    view.check_throttles(request)
    view.spend(request, "record", cost=2)
    answer = view.finalize_response(request, HttpResponse())

    assert answer.headers["X-RateLimit-Remaining"] == "1"


@pytest.fixture
def kept_connection():
    """Keep the test's connection when an answer closes, as Django's own test client does."""
    request_finished.disconnect(close_old_connections)
    yield
    request_finished.connect(close_old_connections)


@pytest.mark.usefixtures("kept_connection")
def test_the_use_of_a_key_is_noted_after_the_answer(cut):
    issued = cut()
    access = Access(key_id=issued.key.pk, scopes=frozenset(), use_unnoted=True)
    answer = Heavy().finalize_response(SimpleNamespace(access=access), HttpResponse())
    issued.key.refresh_from_db()
    before = issued.key.last_used_at

    answer.close()

    issued.key.refresh_from_db()
    assert before is None
    assert issued.key.last_used_at is not None


def test_the_use_of_a_key_is_written_once_a_minute_and_process(monkeypatch):
    written = []
    monkeypatch.setattr(limits.activity, "note_key_use", lambda key, **_: written.append(key))
    access = Access(key_id=ids.draw_key_id(), scopes=frozenset(), use_unnoted=True)

    for _ in range(3):
        answer = HttpResponse()
        limits.note_use_after(answer, access)
        for close in answer._resource_closers:
            close()

    assert written == [access.key_id]


def test_guessing_at_one_person_ends_whether_or_not_they_exist():
    email, address = f"{ids.draw_id('x')}@example.org", ids.draw_id("address")
    tries = [
        limits.may_try_to_sign_in(email, address=address)
        for _ in range(limits.TRIES_PER_PERSON + 1)
    ]

    assert tries == [True] * limits.TRIES_PER_PERSON + [False]


def test_guessing_ends_for_an_address_that_tries_many_people(monkeypatch):
    monkeypatch.setattr(limits, "TRIES_PER_ADDRESS", 2)
    address = ids.draw_id("address")

    tries = [
        limits.may_try_to_sign_in(f"{number}@example.org", address=address) for number in range(3)
    ]

    assert tries == [True, True, False]


@pytest.mark.parametrize(
    ("proxies", "seen"), [(0, "10.0.0.1"), (1, "203.0.113.7"), (2, "198.51.100.1"), (3, "10.0.0.1")]
)
def test_only_trusted_proxies_may_speak_for_the_client(settings, proxies, seen):
    settings.TRUSTED_PROXIES = proxies
    request = RequestFactory().get(
        "/", headers={"X-Forwarded-For": "198.51.100.1, 203.0.113.7"}, REMOTE_ADDR="10.0.0.1"
    )

    assert limits.client_address(request) == seen


def test_most_calls_ask_nobody(monkeypatch):
    asked = []
    monkeypatch.setattr(
        limits,
        "_counter",
        SimpleNamespace(add=lambda _n, cost, **_: asked.append(cost) or cost),
    )
    plenty = Access(key_id=ids.draw_key_id(), scopes=frozenset(), rate={"record": 6000})

    left = [limits.take(plenty, "record").remaining for _ in range(10)]

    assert (asked, left[0], left[-1]) == ([10], 5999, 5990)


def test_two_processes_grant_no_more_than_the_quota():
    here, there = limits.Leases(), limits.Leases()
    name = ids.draw_key_id()

    granted = [
        process.spend(name, 1, window=1, quota=1200)[0]
        for _ in range(700)
        for process in (here, there)
    ]

    assert 1196 <= sum(granted) <= 1200
