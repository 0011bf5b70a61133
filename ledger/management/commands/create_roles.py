"""The database roles, printed for whoever runs the server, or made at once."""

from __future__ import annotations

from pathlib import Path

from django.core.management.base import BaseCommand, CommandParser
from django.db import connection

from ledger import migrations

SQL = Path(migrations.__file__).parent / "sql" / "roles.sql"


class Command(BaseCommand):
    """Print the SQL that makes the roles; with `--run`, run it through DATABASE_URL."""

    help = "Print the SQL that makes LoopGrid's database roles; --run runs it."
    requires_system_checks: list[str] = []

    def add_arguments(self, parser: CommandParser) -> None:
        """Add `--run`."""
        parser.add_argument("--run", action="store_true", help="run the SQL through DATABASE_URL")

    def handle(self, *, run: bool, **_options: object) -> None:
        """Print or run; running it a second time changes nothing."""
        sql = SQL.read_text(encoding="utf-8")
        if not run:
            self.stdout.write(sql)
            return
        with connection.cursor() as cursor:
            cursor.execute(sql)
        self.stdout.write("The roles exist.")
