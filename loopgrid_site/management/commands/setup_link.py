"""`manage.py setup_link`: print a fresh one-time link to the set-up page.

Only while nobody is an admin; then people come by another admin.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from accounts.errors import SetupClosed
from ledger import administration


class Command(BaseCommand):
    """Prints a link with which the first person sets the installation up."""

    help = "Print a one-time link to the set-up page; earlier links stop working."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take whether it is fine that set-up is over."""
        parser.add_argument(
            "--if-missing", action="store_true", help="print nothing once there is an admin"
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002  Django's signature
        """Print the link, or say that set-up is over."""
        try:
            token = administration.make_setup_link()
        except SetupClosed as closed:
            if options["if_missing"]:
                return
            raise CommandError(str(closed)) from None
        self.stdout.write(f"{settings.PUBLIC_URL}{reverse('setup')}?token={token}")
