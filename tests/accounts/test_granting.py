"""What may be granted, to whom, and what a refused grant leaves: nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from accounts import granting, keys, queries
from accounts.errors import AlreadyGranted, InvalidGrant, LastAdmin, NoSuchGrant, SetupClosed
from accounts.granting import KeyTerms
from accounts.models import ApiKey, User

AT = timezone.now()
HOUR = timedelta(hours=1)


@pytest.mark.django_db
@pytest.mark.parametrize("slug", ["", "-a", "A", "a b", "a/b", "ä", "a\n", "a" * 64, "a_b"])
def test_a_workspace_that_no_address_can_name_is_refused(slug):
    with pytest.raises(InvalidGrant) as refused:
        granting.open_workspace(slug, name="A")

    assert refused.value.field == "slug"


def test_a_workspace_is_opened_once(acme):
    with pytest.raises(AlreadyGranted):
        granting.open_workspace(acme.slug, name="Again")


@pytest.mark.django_db
def test_a_person_is_known_by_their_address_in_lower_case():
    ada = granting.add_person(" Ada@Granting.example ", display_name=" Ada ", password="secret")

    assert (ada.email, ada.display_name) == ("ada@granting.example", "Ada")
    assert ada.public_id.startswith("usr_")
    assert ada.check_password("secret")


@pytest.mark.django_db
def test_an_address_belongs_to_one_person_in_any_case():
    granting.add_person("ada@granting.example", display_name="Ada", password=None)

    with pytest.raises(AlreadyGranted):
        granting.add_person("ADA@granting.example", display_name="Other", password=None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("email", "name", "field"),
    [
        ("nobody", "Ada", "email"),
        ("", "Ada", "email"),
        ("a@granting.example", "  ", "display_name"),
        ("a@granting.example", "x" * 201, "display_name"),
        ("a@granting.example", "A\x00", "display_name"),
    ],
)
def test_a_person_without_address_or_name_is_refused(email, name, field):
    with pytest.raises(InvalidGrant) as refused:
        granting.add_person(email, display_name=name, password=None)

    assert refused.value.field == field
    assert not User.objects.filter(email=email).exists()


def test_a_role_is_given_once_and_again_after_it_ran_out(acme, hire):
    theo = hire("auditor")
    end = timezone.now() + timedelta(days=9)

    with pytest.raises(AlreadyGranted):
        granting.add_membership(acme, theo, role="auditor", expires_at=end, at=timezone.now())
    later = timezone.now() + timedelta(days=2)
    granting.add_membership(acme, theo, role="auditor", expires_at=end, at=later)

    assert queries.roles_of(theo, acme, at=later) == ("auditor",)


@pytest.mark.parametrize(
    ("role", "expires_at", "field"),
    [
        ("owner", None, "role"),
        ("auditor", None, "expires_at"),
        ("viewer", AT - HOUR, "expires_at"),
    ],
)
def test_a_role_that_cannot_be_is_refused(acme, hire, role, expires_at, field):
    with pytest.raises(InvalidGrant) as refused:
        granting.add_membership(acme, hire(), role=role, expires_at=expires_at, at=AT)

    assert refused.value.field == field


def test_the_last_admin_stays(acme, hire):
    lee = hire("admin")

    with pytest.raises(LastAdmin):
        granting.revoke_membership(acme, lee, role="admin", at=timezone.now())


def test_an_admin_of_several_may_go(acme, hire):
    lee, _ = hire("admin"), hire("admin")

    granting.revoke_membership(acme, lee, role="admin", at=timezone.now())

    assert queries.roles_of(lee, acme, at=timezone.now()) == ()


def test_a_role_that_is_not_held_cannot_be_taken(acme, hire):
    with pytest.raises(NoSuchGrant):
        granting.revoke_membership(acme, hire("viewer"), role="reviewer", at=AT)


def test_a_key_is_kept_as_its_digest_alone(acme, cut):
    issued = cut("record", "read", services=("billing",))
    stored = ApiKey.objects.get(pk=issued.key.pk)

    assert bytes(stored.digest) == keys.digest_key(issued.secret)
    assert issued.secret.startswith(stored.prefix)
    assert issued.secret not in repr(issued)
    assert (stored.scopes, stored.services) == (["record", "read"], ["billing"])


@pytest.mark.parametrize(
    ("terms", "field"),
    [
        ({"name": ""}, "name"),
        ({"scopes": ()}, "scopes"),
        ({"scopes": ("everything",)}, "scopes"),
        ({"scopes": ("read", "read")}, "scopes"),
        ({"services": ("",)}, "services"),
        ({"expires_at": AT - HOUR}, "expires_at"),
        ({"rate": {"record": 0}}, "rate"),
        ({"rate": {"record": True}}, "rate"),
        ({"rate": {"unknown": 5}}, "rate"),
    ],
)
def test_a_key_that_cannot_be_is_refused_and_names_the_field(acme, terms, field):
    wanted = KeyTerms(**({"name": "ci", "scopes": ("record",)} | terms))

    with pytest.raises(InvalidGrant) as refused:
        granting.add_key(acme, wanted, created_by="console", at=AT)

    assert refused.value.field == field
    assert not ApiKey.objects.filter(workspace=acme).exists()


def test_a_personal_key_belongs_to_a_member(other, hire, cut):
    sam = hire("viewer", workspace=other)

    with pytest.raises(InvalidGrant):
        cut(owner=sam)


def test_nobody_learns_the_secret_of_another_persons_key(acme, hire, cut):
    ben, lee = hire("reviewer", name="Ben"), hire("admin", name="Lee")
    terms = KeyTerms(name="ben", scopes=("review",), owner=ben)
    held = cut("review", owner=ben)

    with pytest.raises(InvalidGrant, match="by its owner alone"):
        granting.add_key(acme, terms, created_by=lee.public_id, at=AT)
    with pytest.raises(InvalidGrant, match="by its owner alone"):
        granting.rotate_key(
            acme, held.key.pk, overlap=HOUR, created_by=lee.public_id, at=timezone.now()
        )

    rotated = granting.rotate_key(
        acme, held.key.pk, overlap=HOUR, created_by=ben.public_id, at=timezone.now()
    )
    assert rotated.key.owner == ben


def test_names_are_kept_without_the_blanks_around_them(acme, cut):
    issued = cut(services=(" " * 300 + "billing ",))

    assert ApiKey.objects.get(pk=issued.key.pk).services == ["billing"]


def test_a_revoked_key_keeps_the_time_it_was_first_revoked(acme, cut):
    issued = cut()

    granting.revoke_key(acme, issued.key.pk, at=AT)
    again = granting.revoke_key(acme, issued.key.pk, at=AT + HOUR)

    assert again.revoked_at == AT


def test_a_rotated_key_lives_on_for_the_overlap(acme, cut):
    old = cut("record", "read", services=("billing",), rate={"record": 7})

    fresh = granting.rotate_key(acme, old.key.pk, overlap=HOUR, created_by="console", at=AT)

    old.key.refresh_from_db()
    assert (old.key.expires_at, old.key.replaced_by) == (AT + HOUR, fresh.key)
    assert (fresh.key.scopes, fresh.key.services) == (["record", "read"], ["billing"])
    assert (fresh.key.rate, fresh.key.expires_at) == ({"record": 7}, None)
    assert fresh.secret != old.secret


def test_rotating_never_lengthens_a_key(acme, cut):
    end = timezone.now() + HOUR
    old = cut(expires_at=end)

    fresh = granting.rotate_key(
        acme, old.key.pk, overlap=9 * HOUR, created_by="console", at=timezone.now()
    )

    old.key.refresh_from_db()
    assert (old.key.expires_at, fresh.key.expires_at) == (end, end)


@pytest.mark.parametrize("overlap", [-HOUR, timedelta(hours=168, seconds=1)])
def test_an_overlap_beyond_a_week_is_refused(acme, cut, overlap):
    with pytest.raises(InvalidGrant):
        granting.rotate_key(acme, cut().key.pk, overlap=overlap, created_by="console", at=AT)


def test_a_key_is_rotated_once(acme, cut):
    old = cut().key.pk
    granting.rotate_key(acme, old, overlap=HOUR, created_by="console", at=AT)

    with pytest.raises(InvalidGrant):
        granting.rotate_key(acme, old, overlap=HOUR, created_by="console", at=AT)


def test_a_key_of_another_workspace_cannot_be_touched(acme, other, cut):
    theirs = cut(workspace=other).key.pk

    with pytest.raises(NoSuchGrant):
        granting.revoke_key(acme, theirs, at=AT)
    with pytest.raises(NoSuchGrant):
        granting.rotate_key(acme, theirs, overlap=HOUR, created_by="console", at=AT)


def test_a_setup_link_works_once(no_admin):
    token = granting.make_setup_link()

    granting.use_setup_link(token, at=AT)

    with pytest.raises(SetupClosed):
        granting.use_setup_link(token, at=AT)


def test_a_newer_setup_link_ends_the_older(no_admin):
    older, newer = granting.make_setup_link(), granting.make_setup_link()

    assert not queries.is_open_setup_link(older)
    assert queries.is_open_setup_link(newer)


def test_a_setup_link_is_void_as_soon_as_there_is_an_admin(no_admin, hire):
    token = granting.make_setup_link()
    hire("admin")

    with pytest.raises(SetupClosed):
        granting.use_setup_link(token, at=AT)


def test_officers_and_admins_may_open_the_admin_site_until_the_role_is_gone(acme, hire):
    noor, ada = hire("compliance_officer", "viewer"), hire("reviewer")
    before = (noor.is_staff, ada.is_staff)

    granting.revoke_membership(acme, noor, role="compliance_officer", at=timezone.now())

    assert (before, noor.is_staff) == ((True, False), False)


def test_an_admin_who_left_does_not_count_as_one(acme, hire):
    lee, gone = hire("admin"), hire("admin")
    gone.is_active = False
    gone.save()

    with pytest.raises(LastAdmin):
        granting.revoke_membership(acme, lee, role="admin", at=timezone.now())
