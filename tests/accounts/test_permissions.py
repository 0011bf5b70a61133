"""Scopes for keys, roles for people."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured

from accounts.errors import RoleMissing, ScopeMissing
from accounts.permissions import HasScope


def may_enter(request, scope):
    _ = request.user
    return HasScope().has_permission(request, SimpleNamespace(scope=scope))


def test_a_key_with_the_scope_is_let_through(cut, call):
    assert may_enter(call(cut("read").secret), "read")


def test_a_key_without_the_scope_is_told_which_one_is_missing(cut, call):
    with pytest.raises(ScopeMissing, match="scope read"):
        may_enter(call(cut("record").secret), "read")


def test_any_of_several_scopes_will_do(cut, call):
    assert may_enter(call(cut("verify").secret), ("verify", "read"))


def test_scopes_may_differ_by_method(cut, call):
    assert may_enter(call(cut("read").secret), {"GET": "read", "POST": "record"})
    with pytest.raises(ScopeMissing):
        may_enter(call(cut("record").secret), {"GET": "read", "POST": "record"})


def test_a_view_that_names_no_scope_lets_nobody_in(cut, call):
    with pytest.raises(ImproperlyConfigured):
        may_enter(call(cut("read").secret), None)


def test_a_personal_key_needs_a_role_besides_its_scope(hire, cut, call):
    request = call(cut("export", owner=hire("reviewer")).secret)

    with pytest.raises(RoleMissing):
        may_enter(request, "export")


def test_the_role_that_allows_the_act_is_named(hire, cut, call):
    request = call(cut("review", owner=hire("admin", "reviewer")).secret)

    may_enter(request, "review")

    assert request.actor.role == "reviewer"


def test_a_person_enters_by_the_scope_their_role_allows(hire, cut, call):
    request = call(cut("verify", "read", owner=hire("reviewer")).secret)

    assert may_enter(request, ("verify", "read"))
