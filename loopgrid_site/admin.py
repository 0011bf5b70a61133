"""Django admin for officers: the ledger is shown and never changed."""

from __future__ import annotations

from django.contrib import admin


class LoopGridAdminSite(admin.AdminSite):
    """The admin under our own title; models register themselves in their app's `admin`."""

    site_header = "LoopGrid"
    site_title = "LoopGrid admin"
    index_title = "Records and settings"
