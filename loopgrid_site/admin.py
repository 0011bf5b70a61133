"""Django admin for officers: the ledger is shown and never changed."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.urls import reverse


class LoopGridAdminSite(admin.AdminSite):
    """The admin under our own title; models register themselves in their app's `admin`."""

    site_header = "LoopGrid"
    site_title = "LoopGrid admin"
    index_title = "Records and settings"

    def login(
        self, request: HttpRequest, extra_context: dict[str, Any] | None = None
    ) -> HttpResponse:
        """Send people to our own sign-in, which counts tries; refuse who may not enter."""
        del extra_context
        if request.user.is_authenticated:
            raise PermissionDenied
        return redirect_to_login(reverse("admin:index"))
