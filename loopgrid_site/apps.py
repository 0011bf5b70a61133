"""The site's application and its admin configuration."""

from __future__ import annotations

import gc
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
        """Load the Celery application, say what was misspelt, set the collector."""
        from loopgrid_site import celery  # noqa: F401  loading registers the application

        warn_of_unread_settings()
        # Requests leave hardly any cycle, but a batch or a verification makes hundreds of thousands
        # of objects; walking them all again and again took a fifth of the time.
        gc.set_threshold(50_000, 20, 50)


class AdminConfig(DjangoAdminConfig):
    """Django's admin with our own site: the ledger is read-only there."""

    default_site = "loopgrid_site.admin.LoopGridAdminSite"
