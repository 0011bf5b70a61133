"""The Django application `compliance`."""

from __future__ import annotations

from django.apps import AppConfig


class ComplianceConfig(AppConfig):
    """Registers the app; nothing happens at a distance."""

    name = "compliance"
