"""The site's application and its admin configuration."""

from __future__ import annotations

import logging

from django.apps import AppConfig
from django.contrib.admin.apps import AdminConfig as DjangoAdminConfig

from loopgrid_site import env

logger = logging.getLogger(__name__)


def warn_of_unread_settings() -> None:
    """Name the settings that nobody reads: a misspelt one must not pass in silence."""
    for name in env.unknown_names():
        logger.warning("%s is set, and no setting has this name; see docs/operations.md", name)


class SiteConfig(AppConfig):
    """Loads the Celery application with Django, so that tasks find their broker."""

    name = "loopgrid_site"

    def ready(self) -> None:
        """Load the Celery application, and say what was misspelt."""
        from loopgrid_site import celery  # noqa: F401  loading registers the application

        warn_of_unread_settings()


class AdminConfig(DjangoAdminConfig):
    """Django's admin with our own site: the ledger is read-only there."""

    default_site = "loopgrid_site.admin.LoopGridAdminSite"
