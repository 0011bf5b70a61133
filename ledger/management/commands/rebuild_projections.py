"""`manage.py rebuild_projections`: write the read models again from the entries."""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from ledger import integrity
from ledger.errors import LedgerError


class Command(BaseCommand):
    """Recording waits while a ledger's read models are rebuilt; entries are not touched."""

    help = "Drop the read models of decisions and corrections and fold them again."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take one workspace, all by default."""
        parser.add_argument("--workspace", help="its slug; without it every workspace")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002  Django's signature
        """Rebuild, and say how many decisions there are."""
        asked = options["workspace"]
        known = integrity.workspace_slugs()
        if asked is not None and asked not in known:
            raise CommandError(f"There is no workspace {asked}.")
        for slug in known if asked is None else [asked]:
            try:
                decisions = integrity.rebuild_read_models(slug, clock=timezone.now)
            except LedgerError as refused:
                raise CommandError(f"{slug}: {refused}") from None
            if options["verbosity"]:
                self.stdout.write(f"{slug}: {decisions} decisions folded again.")
