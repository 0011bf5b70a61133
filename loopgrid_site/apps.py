"""The site's application and its admin configuration."""

from __future__ import annotations

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig


class SiteConfig(AppConfig):
    """Loads the Celery application with Django, so that tasks find their broker."""

    name = "loopgrid_site"

    def ready(self) -> None:
        """Load the Celery application."""
        from loopgrid_site import celery  # noqa: F401  loading registers the application


class AdminConfig(DjangoAdminConfig):
    """Django's admin with our own site: the ledger is read-only there."""

    default_site = "loopgrid_site.admin.LoopGridAdminSite"
