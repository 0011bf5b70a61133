"""Scopes for keys, roles for people, 404 for strangers."""

from __future__ import annotations

from types import SimpleNamespace

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.http import Http404, HttpResponse
from django.test import RequestFactory

from accounts.errors import RoleMissing, ScopeMissing
from accounts.permissions import HasScope, members_only


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


@members_only("review")
def page(request):
    return HttpResponse(f"{request.workspace.slug} {request.actor.role} {request.actor.login}")


def visit(user, slug):
    request = RequestFactory().get(f"/w/{slug}/decisions")
    request.user = user
    return page(request, workspace=slug)


def test_a_member_enters_the_page_with_the_role_that_allows_it(acme, hire):
    answer = visit(hire("reviewer", "admin"), acme.slug)

    assert answer.content.decode() == f"{acme.slug} reviewer password"


def test_a_member_without_the_role_is_refused(acme, hire):
    with pytest.raises(RoleMissing):
        visit(hire("viewer"), acme.slug)


def test_a_stranger_cannot_tell_a_workspace_from_one_that_never_existed(acme, other, hire):
    sam = hire("reviewer", workspace=other)

    with pytest.raises(Http404) as existing:
        visit(sam, acme.slug)
    with pytest.raises(Http404) as missing:
        visit(sam, "never-existed")

    assert str(existing.value) == str(missing.value)


def test_an_act_outside_the_matrix_guards_no_page():
    with pytest.raises(ImproperlyConfigured):
        members_only("delete_entry")
