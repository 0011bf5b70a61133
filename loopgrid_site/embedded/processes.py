"""The processes of the product: their command lines, their settings, and one-off commands."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Mapping, Sequence

import psycopg

from loopgrid_site.embedded import places

ROLES_SQL = places.PROJECT / "ledger" / "migrations" / "sql" / "roles.sql"


class CommandFailed(Exception):
    """A one-off command ended badly. The message holds its last lines."""


def create_roles(database_url: str) -> None:
    """Make the roles of the database where they lack. Raises CommandFailed."""
    try:
        with psycopg.connect(database_url, autocommit=True) as connection:
            connection.execute(ROLES_SQL.read_bytes())
    except psycopg.Error as fault:
        raise CommandFailed(
            f"the database roles could not be made: {fault}. `manage.py create_roles` prints the "
            "SQL for somebody who may."
        ) from fault


def manage(arguments: Sequence[str], settings: Mapping[str, str]) -> str:
    """Run one Django command to its end and return what it printed. Raises CommandFailed."""
    done = subprocess.run(
        [sys.executable, str(places.PROJECT / "manage.py"), *arguments],
        cwd=places.PROJECT,
        env={**settings, "LOOPGRID_BOOTSTRAP": "0"},
        check=False,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
    )
    if done.returncode != 0:
        tail = "\n".join((done.stdout + done.stderr).splitlines()[-20:])
        raise CommandFailed(f"`manage.py {' '.join(arguments)}` failed:\n{tail}")
    return done.stdout
