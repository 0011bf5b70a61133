"""`manage.py restore FOLDER`: a backup into an empty database and an empty notary's folder.

Every process of the product is stopped while this runs; docs/operations.md says what comes after.
"""

from __future__ import annotations

from argparse import ArgumentParser
from typing import Any

from django.core.management.base import BaseCommand, CommandError

from ledger.management import backups
from ledger.management.commands.backup import add_parts, notary_folder

NEXT = """Next, in this order: manage.py migrate; manage.py verify_ledger; then the notary, before
anybody records. Its first look says whether the database is as long as what was signed. Without its
state it signs nothing until `manage.py notary rebuild` was held with a checkpoint kept outside."""


class Command(BaseCommand):
    """Puts a backup back; refuses where something is already."""

    help = "Put a backup into an empty database and an empty notary's folder."
    requires_system_checks = ()

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the folder and the part."""
        add_parts(parser, folder="the folder that backup wrote")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002  Django's signature
        """Put the backup back and say what comes next."""
        try:
            done = backups.put_back(
                options["folder"],
                database=options["only"] != "notary",
                notary=notary_folder(options["only"]),
            )
        except (backups.BackupFault, OSError) as fault:
            raise CommandError(str(fault)) from fault
        self.stdout.write("\n".join([*done, "", NEXT]))
