"""Traces of use that are working state, evidence of nothing."""

from datetime import datetime, timedelta

from django.db.models import Q

from accounts.models import ApiKey

USE_IS_NOTED_EVERY = timedelta(minutes=1)


def note_key_use(key_id: str, *, at: datetime) -> bool:
    """Remember that a key was used, at most once a minute; say whether it was written."""
    stale = Q(last_used_at__isnull=True) | Q(last_used_at__lte=at - USE_IS_NOTED_EVERY)
    return bool(ApiKey.objects.filter(stale, pk=key_id).update(last_used_at=at))
