"""The Django application `ledger`."""

from __future__ import annotations

from django.apps import AppConfig


class LedgerConfig(AppConfig):
    """Registers the app; nothing happens at a distance."""

    name = "ledger"
