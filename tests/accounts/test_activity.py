"""The last use of a key, written at most once a minute."""

from __future__ import annotations

from datetime import timedelta

from django.utils import timezone

from accounts import activity

AT = timezone.now()


def test_the_first_use_is_noted(cut):
    key = cut().key

    assert activity.note_key_use(key.pk, at=AT)

    key.refresh_from_db()
    assert key.last_used_at == AT


def test_uses_within_a_minute_are_one(cut):
    key = cut().key
    activity.note_key_use(key.pk, at=AT)

    assert not activity.note_key_use(key.pk, at=AT + timedelta(seconds=59))
    assert activity.note_key_use(key.pk, at=AT + timedelta(seconds=60))
