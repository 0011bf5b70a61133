"""`manage.py heartbeat_ok NAME`: exit 0 if that process said lately that it lives, else 1.

The health check of worker, beat and notary, which have no port to ask.
"""

from __future__ import annotations

import sys
from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand
from django.utils import timezone

from ledger.models import Heartbeat

MAX_AGE = timedelta(seconds=90)


class Command(BaseCommand):
    """Looks at one heartbeat row."""

    help = "Exit 0 if the process said within 90 seconds that it lives, else 1."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the name of the process."""
        parser.add_argument("name", choices=["worker", "beat", "notary"])

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002  Django's signature
        """Say when the process was seen, and exit with 1 if that is too long ago."""
        row = Heartbeat.objects.filter(name=options["name"]).first()
        self.stdout.write(f"{options['name']}: {row.seen_at.isoformat() if row else 'never seen'}")
        if row is None or timezone.now() - row.seen_at > MAX_AGE:
            sys.exit(1)
