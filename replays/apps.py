"""The Django application `replays`."""

from __future__ import annotations

from django.apps import AppConfig


class ReplaysConfig(AppConfig):
    """Registers the app; nothing happens at a distance."""

    name = "replays"
