"""What every page needs to know: navigation, badge, banners."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.http import HttpRequest


def site(request: HttpRequest) -> dict[str, Any]:  # noqa: ARG001  the signature is Django's
    """Return the values `base.html` shows on every page."""
    return {"open_local": settings.OPEN_LOCAL, "version": settings.VERSION}
