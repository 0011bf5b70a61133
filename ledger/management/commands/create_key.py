"""`manage.py create_key --workspace NAME --preset developer`: make a service key.

The key is the last line printed, and it is printed this once.
"""

from __future__ import annotations

from argparse import ArgumentParser
from datetime import timedelta
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import actors, keys, queries
from accounts.errors import GrantRefused
from ledger import administration
from ledger.errors import LedgerError


class Command(BaseCommand):
    """Makes a service key and prints it once."""

    help = "Make an API key of a workspace; the key is the last line printed."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the workspace, what the key may do, and how long."""
        parser.add_argument("--workspace", default="default")
        parser.add_argument("--name", default="made on the console")
        what = parser.add_mutually_exclusive_group(required=True)
        what.add_argument("--preset", choices=sorted(keys.PRESETS))
        what.add_argument("--scopes", help=f"comma list of {', '.join(keys.SCOPES)}")
        parser.add_argument("--services", default="", help="comma list; empty for every service")
        parser.add_argument("--days", type=int, help="how long it lives; without, until revoked")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002  Django's signature
        """Make the key, or say why not."""
        workspace = queries.workspace_by_slug(options["workspace"])
        if workspace is None:
            raise CommandError(f"There is no workspace {options['workspace']}.")
        days = options["days"]
        try:
            terms = administration.KeyTerms(
                name=options["name"],
                scopes=_scopes(options),
                services=_words(options["services"]),
                expires_at=None if days is None else timezone.now() + timedelta(days=days),
            )
            issued = administration.issue_key(
                workspace, terms, actor=actors.CONSOLE, clock=timezone.now
            )
        except (GrantRefused, LedgerError) as refused:
            raise CommandError(str(refused)) from None
        self.stderr.write(f"{issued.key.pk} may {', '.join(issued.key.scopes)}. Keep the key safe:")
        # A change that is no repetition of an earlier request carries the secret.
        self.stdout.write(issued.secret or "")


def _scopes(options: dict[str, Any]) -> tuple[str, ...]:
    if not options["preset"]:
        return _words(options["scopes"])
    return keys.scopes_of_preset(options["preset"], expires=options["days"] is not None)


def _words(text: str) -> tuple[str, ...]:
    return tuple(word.strip() for word in text.split(",") if word.strip())
