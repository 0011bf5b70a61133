"""Who is let in by the API door, and with what."""

from __future__ import annotations

import base64
from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import authentication, granting, ids
from accounts.actors import LOCAL
from accounts.errors import (
    CrossSiteRequest,
    KeyExpired,
    KeyInvalid,
    KeyRequired,
    ServiceNotAllowed,
)
from accounts.keys import LOCAL_SCOPES, format_key

NOW = timezone.now


@pytest.fixture
def open_mode(settings, default):
    settings.OPEN_LOCAL = True
    return default


def local(call, **headers):
    return call(peer="127.0.0.1", **({"Host": "localhost:8000"} | headers))


def test_a_service_key_acts_as_itself_in_its_workspace(acme, cut, call):
    issued = cut("record", "read")

    request = call(issued.secret)

    assert request.user.header() == {"ty": "service", "id": issued.key.pk, "au": "api_key"}
    assert request.workspace == acme
    assert request.access.scopes == {"record", "read"}


def test_a_personal_key_acts_as_its_owner_with_the_roles_of_this_workspace(other, hire, cut, call):
    ada = hire("reviewer")
    granting.add_membership(other, ada, role="admin", at=NOW())

    request = call(cut("review", owner=ada).secret)

    assert request.user.id == ada.public_id
    assert (request.user.type, request.user.auth, request.user.login) == (
        "person",
        "api_key",
        None,
    )
    assert request.user.roles == ("reviewer",)


@pytest.mark.parametrize("way", ["bearer", "Bearer", "x-api-key", "basic"])
def test_a_key_is_taken_in_each_of_its_ways(cut, call, way):
    issued = cut()
    pair = base64.b64encode(f"{issued.secret}:".encode()).decode()
    headers = {
        "bearer": {"Authorization": f"bearer {issued.secret}"},
        "Bearer": {"Authorization": f"Bearer  {issued.secret} "},
        "x-api-key": {"X_API_Key": issued.secret},
        "basic": {"Authorization": f"Basic {pair}"},
    }[way]

    assert call(**headers).user.id == issued.key.pk


@pytest.mark.parametrize(
    "header",
    ["Bearer", "Bearer nonsense", "Basic %%%", "Basic /w==", "Digest a=b", "", "Bearer lg_live_"],
)
@pytest.mark.django_db
def test_credentials_that_are_no_key_are_refused(call, header):
    with pytest.raises(KeyInvalid):
        _ = call(Authorization=header).user


@pytest.mark.django_db
def test_a_key_nobody_made_is_refused(call):
    with pytest.raises(KeyInvalid):
        _ = call(format_key(bytes(25))).user


def test_an_expired_key_is_told_apart_from_an_unknown_one(cut, call, monkeypatch):
    issued = cut(expires_at=NOW() + timedelta(hours=1))
    later = NOW() + timedelta(hours=1)
    monkeypatch.setattr(authentication.timezone, "now", lambda: later)

    with pytest.raises(KeyExpired):
        _ = call(issued.secret).user


def test_a_revoked_key_is_refused(acme, cut, call):
    issued = cut()
    granting.revoke_key(acme, issued.key.pk, at=NOW())

    with pytest.raises(KeyInvalid):
        _ = call(issued.secret).user


def test_a_key_in_use_stops_within_five_seconds_of_its_revocation(acme, cut, call, monkeypatch):
    issued = cut()
    clock = [1000.0]
    monkeypatch.setattr(authentication.time, "monotonic", lambda: clock[0])
    _ = call(issued.secret).user
    granting.revoke_key(acme, issued.key.pk, at=NOW())

    clock[0] += authentication.REMEMBERED_S

    with pytest.raises(KeyInvalid):
        _ = call(issued.secret).user


def test_the_personal_key_of_somebody_who_left_is_refused(hire, cut, call):
    ada = hire("reviewer")
    issued = cut(owner=ada)
    ada.is_active = False
    ada.save()

    with pytest.raises(KeyInvalid):
        _ = call(issued.secret).user


def test_a_key_costs_one_query_and_then_none(cut, call, django_assert_num_queries):
    issued = cut()

    with django_assert_num_queries(1):
        _ = call(issued.secret).user
    with django_assert_num_queries(0):
        _ = call(issued.secret).user


def test_a_key_limited_to_services_refuses_others(cut, call):
    request = call(cut(services=("support-agent",)).secret)
    _ = request.user

    request.access.require_service("support-agent")
    with pytest.raises(ServiceNotAllowed):
        request.access.require_service("billing")


def test_a_call_without_a_key_is_refused_outside_open_mode(default, call):
    with pytest.raises(KeyRequired):
        _ = local(call).user


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.0.0.2", "::1", "::ffff:127.0.0.1"])
@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:8000", "[::1]:8000"])
def test_open_mode_takes_calls_from_this_machine(open_mode, call, peer, host):
    request = call(peer=peer, Host=host)

    assert request.user == LOCAL
    assert request.workspace == open_mode
    assert request.access.scopes == LOCAL_SCOPES


@pytest.mark.parametrize("peer", ["10.0.0.9", "192.168.1.2", "::2", "::ffff:10.0.0.9", "", "unix:"])
def test_open_mode_takes_no_call_from_elsewhere(open_mode, call, peer):
    with pytest.raises(KeyRequired):
        _ = call(peer=peer, Host="localhost").user


@pytest.mark.parametrize(
    "header",
    [
        *("Forwarded", "Via", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto"),
        *("X-Real-IP", "X-Forwarded", "X-Forwarded-Ssl", "X-Original-Host", "CF-Connecting-IP"),
        *("X-Cluster-Client-IP", "X-Envoy-External-Address", "Fly-Client-IP"),
    ],
)
def test_open_mode_takes_no_call_that_was_forwarded(open_mode, call, header):
    with pytest.raises(KeyRequired):
        _ = local(call, **{header: "127.0.0.1"}).user


@pytest.mark.parametrize(
    "host", ["evil.example", "localhost.evil.example", "127.0.0.1.evil.example", "", "[::2]"]
)
def test_open_mode_takes_no_call_for_another_host(open_mode, call, host):
    with pytest.raises(KeyRequired):
        _ = local(call, Host=host).user


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "https://evil.example"},
        {"Origin": "null"},
        {"Origin": ""},
        {"Origin": "http://[::1"},
        {"Origin": "http://localhost:3000"},
        {"Origin": "https://localhost:8000"},
        {"Sec-Fetch-Site": "cross-site"},
        {"Sec-Fetch-Site": "same-site"},
        {"Sec-Fetch-Site": "cross-site", "Origin": "http://localhost:8000"},
    ],
)
def test_open_mode_refuses_the_pages_of_other_sites(open_mode, call, headers):
    with pytest.raises(CrossSiteRequest):
        _ = local(call, **headers).user


@pytest.mark.parametrize(
    "headers",
    [
        {"Origin": "http://localhost:8000", "Sec-Fetch-Site": "same-origin"},
        {"Sec-Fetch-Site": "none"},
        {"Origin": "http://LOCALHOST:8000"},
    ],
)
def test_open_mode_takes_the_calls_of_its_own_pages(open_mode, call, headers):
    assert local(call, **headers).user == LOCAL


def test_a_wrong_key_is_refused_in_open_mode_too(open_mode, call):
    with pytest.raises(KeyInvalid):
        _ = local(call, Authorization="Bearer nonsense").user


def test_open_mode_without_its_workspace_opens_nothing(open_mode, call):
    open_mode.slug = ids.draw_uuid().hex
    open_mode.save()

    with pytest.raises(KeyRequired):
        _ = local(call).user
