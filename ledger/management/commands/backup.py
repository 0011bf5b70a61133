"""`manage.py backup FOLDER`: the database and the notary's logs, each on its own if asked for."""

from __future__ import annotations

from argparse import ArgumentParser
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from ledger.management import backups

PARTS = ("database", "notary")


def add_parts(parser: ArgumentParser, *, folder: str) -> None:
    """Add what backup and restore share: the folder, and which of the two parts."""
    parser.add_argument("folder", type=Path, help=folder)
    parser.add_argument("--only", choices=PARTS, help="this part alone; without, both")


def notary_folder(only: str | None) -> Path | None:
    """Return the notary's folder, None if it is not asked for or, without `only`, not set."""
    if only == "database":
        return None
    if settings.NOTARY_DIR:
        return Path(settings.NOTARY_DIR)
    if only == "notary":
        raise CommandError("LOOPGRID_NOTARY_DIR is not set: nobody knows where the notary writes.")
    return None


class Command(BaseCommand):
    """Makes a backup; nothing has to be stopped for it."""

    help = "Back up the database and the notary's logs into an empty folder."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder, the part, and whether secret keys go along."""
        add_parts(parser, folder="an empty or new folder")
        parser.add_argument(
            "--with-keys",
            action="store_true",
            help="the notary's secret keys as well; keep it offline",
        )

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002  Django's signature
        """Make the backup and list what is in it."""
        notary = notary_folder(options["only"])
        try:
            names = backups.back_up(
                options["folder"],
                database=options["only"] != "notary",
                notary=notary,
                with_keys=options["with_keys"],
            )
        except (backups.BackupFault, OSError) as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write("\n".join(names))
        if notary is None and options["only"] is None:
            self.stderr.write(
                "The notary's logs are not in it: LOOPGRID_NOTARY_DIR is not set here."
            )
