"""Keys over HTTP: made, shown once, rotated, revoked, and never across a workspace."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta

import pytest
from django.test import Client

from accounts import authentication, granting, ids, queries
from ledger.models import Entry
from tests.support.api import Api, key_for
from tests.support.cast import make_workspace

CI = {"name": "ci", "preset": "developer"}


def program(secret):
    return Api(secret, Client(raise_request_exception=False))


def newest_header(acme):
    entry = Entry.objects.filter(ledger_id=acme.ledger.ledger_id).order_by("-seq").first()
    return json.loads(bytes(entry.leaf))


def test_a_key_is_made_and_opens_the_door_at_once(api):
    answer = api.post("/v1/keys", CI)
    made = answer.json()

    assert answer.status_code == 201
    assert answer.headers["Location"] == f"/v1/keys/{made['key_id']}"
    assert made["scopes"] == ["record", "read", "review", "export", "verify"]
    assert program(made["secret"]).record()["seq"] > 0


def test_the_secret_is_in_the_first_answer_and_in_no_other(api):
    made = api.post("/v1/keys", CI).json()
    secret = made.pop("secret")

    one = api.get(f"/v1/keys/{made['key_id']}")
    every = api.get("/v1/keys")

    assert one.json() == made
    assert made in every.json()["data"]
    assert secret.encode() not in one.content + every.content


def test_making_a_key_is_an_entry_by_the_key_that_asked(api, acme):
    made = api.post("/v1/keys", CI).json()

    header = newest_header(acme)

    assert header["k"] == "settings.changed"
    assert header["ref"]["who"] == made["key_id"]
    assert header["act"]["id"] == made["created_by"]["id"]


def test_scopes_services_end_and_rate_may_be_given(api):
    end = datetime.now(UTC) + timedelta(days=3)
    made = api.post(
        "/v1/keys",
        {
            "name": "a",
            "scopes": ["read"],
            "services": ["billing"],
            "expires_at": end.isoformat(),
            "rate": {"default": 5},
        },
    ).json()

    assert (made["services"], made["rate"]) == (["billing"], {"default": 5})
    assert made["expires_at"] == end.strftime("%Y-%m-%dT%H:%M:%S.%fZ")


@pytest.mark.parametrize(
    ("body", "pointer"),
    [
        ({}, "/name"),
        ({"name": 5, "preset": "ingest"}, "/name"),
        ({"name": "", "preset": "ingest"}, "/name"),
        ({"name": "a\u0000", "preset": "ingest"}, "/name"),
        ({"name": "a"}, "/scopes"),
        ({"name": "a", "preset": "ingest", "scopes": ["read"]}, "/scopes"),
        ({"name": "a", "scopes": []}, "/scopes"),
        ({"name": "a", "scopes": "read"}, "/scopes"),
        ({"name": "a", "scopes": ["everything"]}, "/scopes"),
        ({"name": "a", "preset": "god"}, "/preset"),
        ({"name": "a", "preset": ["ingest"]}, "/preset"),
        ({"name": "a", "preset": "auditor"}, "/expires_at"),
        ({"name": "a", "preset": "ingest", "services": [1]}, "/services"),
        ({"name": "a", "preset": "ingest", "services": ["s"] * 101}, "/services"),
        ({"name": "a", "preset": "ingest", "expires_at": "soon"}, "/expires_at"),
        ({"name": "a", "preset": "ingest", "expires_at": "2020-01-01T00:00:00Z"}, "/expires_at"),
        ({"name": "a", "preset": "ingest", "rate": 5}, "/rate"),
        ({"name": "a", "preset": "ingest", "rate": {"record": 1.5}}, "/rate"),
        ({"name": "a", "preset": "ingest", "rate": {"other": 5}}, "/rate"),
        ({"name": "a", "preset": "ingest", "personal": "yes"}, "/personal"),
        ({"name": "a", "preset": "ingest", "personal": True}, "/personal"),
        ({"name": "a", "preset": "ingest", "secret": "mine"}, "/secret"),
    ],
)
def test_a_body_with_a_mistake_is_refused_and_names_the_place(api, acme, body, pointer):
    before = queries.keys_of(acme.workspace).count()

    answer = api.post("/v1/keys", body)

    assert answer.status_code == 422
    assert pointer in [fault["pointer"] for fault in answer.json()["errors"]]
    assert queries.keys_of(acme.workspace).count() == before


def test_a_repeated_request_makes_no_second_key_and_shows_no_secret(api, acme):
    first = api.post("/v1/keys", CI, Idempotency_Key="once")
    again = api.post("/v1/keys", CI, Idempotency_Key="once")
    other = api.post("/v1/keys", CI | {"name": "x"}, Idempotency_Key="once")

    assert again.status_code == 201
    assert again.headers["Idempotency-Replayed"] == "true"
    assert again.json() == first.json() | {"secret": None}
    assert other.json()["code"] == "idempotency_key_reused"
    assert queries.keys_of(acme.workspace).filter(name="ci").count() == 1


def test_a_rotated_key_and_its_successor_both_work_for_a_while(api):
    old = api.post("/v1/keys", CI).json()

    answer = api.post(f"/v1/keys/{old['key_id']}/rotate", {"overlap_hours": 1})

    fresh = answer.json()
    shown = api.get(f"/v1/keys/{old['key_id']}").json()
    assert answer.status_code == 201
    assert (shown["state"], shown["replaced_by"]) == ("replaced", fresh["key_id"])
    assert program(old["secret"]).get("/v1/decisions").status_code == 200
    assert program(fresh["secret"]).get("/v1/decisions").status_code == 200


def test_a_key_rotated_without_overlap_has_expired(api):
    old = api.post("/v1/keys", CI).json()

    api.post(f"/v1/keys/{old['key_id']}/rotate", {"overlap_hours": 0})
    refused = program(old["secret"]).get("/v1/decisions")

    assert (refused.status_code, refused.json()["code"]) == (401, "key_expired")


def test_a_revoked_key_is_refused(api):
    made = api.post("/v1/keys", CI).json()

    answer = api.post(f"/v1/keys/{made['key_id']}/revoke")
    authentication.forget_all()
    refused = program(made["secret"]).get("/v1/decisions")

    assert (answer.status_code, answer.json()["state"]) == (200, "revoked")
    assert (refused.status_code, refused.json()["code"]) == (401, "key_invalid")
    assert refused.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize("overlap", [-1, 169, 1.5, "1", True])
def test_an_overlap_beyond_a_week_is_refused(api, overlap):
    made = api.post("/v1/keys", CI).json()

    answer = api.post(f"/v1/keys/{made['key_id']}/rotate", {"overlap_hours": overlap})

    assert (answer.status_code, answer.json()["code"]) == (422, "validation_failed")


@pytest.mark.parametrize("act", ["", "/rotate", "/revoke"])
@pytest.mark.parametrize("whose", ["theirs", "nobody's", "%00", "key_%F0%9F%92%A9"])
def test_a_key_that_is_not_ours_is_not_found(api, act, whose):
    other = make_workspace("other").workspace
    terms = granting.KeyTerms(name="theirs", scopes=("read",))
    theirs = granting.add_key(other, terms, created_by="console", at=datetime.now(UTC)).key.pk
    path = {"theirs": theirs, "nobody's": ids.draw_key_id()}.get(whose, whose)

    send = api.post if act else api.get

    assert send(f"/v1/keys/{path}{act}").status_code == 404


def test_keys_are_listed_in_slices_newest_first(api):
    names = [api.post("/v1/keys", CI | {"name": f"n{n}"}).json()["name"] for n in range(3)]

    first = api.get("/v1/keys?limit=2&count=true")
    second = api.get(first.headers["Link"].split(";")[0].strip("<>"))

    listed = [key["name"] for key in first.json()["data"] + second.json()["data"]]
    assert listed[:3] == names[::-1]
    assert (first.json()["total"], first.json()["has_more"]) == (4, True)
    assert second.json()["next_cursor"] is None


@pytest.mark.parametrize("query", ["cursor=guess", "limit=0", "limit=x", "other=1"])
def test_a_parameter_that_is_not_understood_is_refused(api, query):
    assert api.get(f"/v1/keys?{query}").status_code == 422


def test_a_key_without_the_scope_neither_sees_nor_makes_keys(acme):
    plain = program(key_for(acme.workspace, "record", "read"))

    assert plain.get("/v1/keys").json()["code"] == "scope_missing"
    assert plain.post("/v1/keys", CI).json()["code"] == "scope_missing"


def test_a_key_limited_to_services_makes_none_that_is_not(acme):
    limited = program(key_for(acme.workspace, "admin", services=("billing",)))

    refused = limited.post("/v1/keys", CI)
    made = limited.post("/v1/keys", CI | {"services": ["billing"]})

    assert (refused.status_code, refused.json()["code"]) == (403, "service_not_allowed")
    assert made.status_code == 201


@pytest.mark.parametrize("act", ["rotate", "revoke"])
def test_a_key_limited_to_services_touches_none_that_is_not(acme, api, act):
    limited = program(key_for(acme.workspace, "admin", services=("billing",)))
    wide = api.post("/v1/keys", CI).json()
    narrow = api.post("/v1/keys", CI | {"services": ["billing"]}).json()

    refused = limited.post(f"/v1/keys/{wide['key_id']}/{act}", {})
    done = limited.post(f"/v1/keys/{narrow['key_id']}/{act}", {})

    assert (refused.status_code, refused.json()["code"]) == (403, "service_not_allowed")
    assert done.status_code in {200, 201}
    assert api.get(f"/v1/keys/{wide['key_id']}").json()["state"] == "in_force"
