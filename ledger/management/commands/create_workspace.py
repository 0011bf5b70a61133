"""`manage.py create_workspace SLUG`: open a workspace with its ledger."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from accounts import actors, queries
from accounts.errors import GrantRefused
from ledger import administration
from ledger.errors import LedgerError


class Command(BaseCommand):
    """Opens a workspace, its ledger and entry 0."""

    help = "Open a workspace with its ledger."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the slug, a name to show, and whether an existing workspace is fine."""
        parser.add_argument("slug", help="a-z, 0-9 and hyphens; part of every address")
        parser.add_argument("--name", help="shown on pages; the slug with a capital if absent")
        parser.add_argument("--if-missing", action="store_true", help="do nothing if it exists")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002  Django's signature
        """Open it, or say why not."""
        slug = options["slug"]
        if options["if_missing"] and queries.workspace_by_slug(slug):
            return
        try:
            workspace = administration.create_workspace(
                slug,
                name=options["name"] or slug.capitalize(),
                actor=actors.CONSOLE,
                clock=timezone.now,
            )
        except (GrantRefused, LedgerError) as refused:
            raise CommandError(str(refused)) from None
        self.stdout.write(f"{workspace.slug} is open.")
