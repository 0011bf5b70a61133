"""What the web process makes sure of before it answers anybody.

A database that may lose what it confirmed cannot hold a ledger, so such a server is refused. One
that would copy content into its own log is named in a warning. A database that is away is no
reason to stay down: readiness tells.
"""

from __future__ import annotations

import logging
from collections.abc import Mapping
from typing import Final

from django.conf import settings
from django.db import DatabaseError, connection

VERSION: Final = "server_version_num"
OLDEST_MAJOR: Final = 15
DURABLE: Final = ("fsync", "full_page_writes", "synchronous_commit")
# Statements carry content: a refused, failed or slow one must not end up in the server's log.
QUIET: Final[Mapping[str, frozenset[str]]] = {
    "log_error_verbosity": frozenset({"terse"}),
    "log_min_error_statement": frozenset({"fatal", "panic"}),
    "log_statement": frozenset({"none", "ddl"}),
    "log_min_duration_statement": frozenset({"-1"}),
    "log_parameter_max_length_on_error": frozenset({"0"}),
}
logger = logging.getLogger(__name__)


class UnfitDatabase(Exception):
    """The server cannot hold a ledger. The message says what to change."""


def check() -> None:
    """Look at the database server once. Raises UnfitDatabase outside the mode `test`."""
    try:
        found = server_settings()
    except DatabaseError as fault:
        logger.warning("the database does not answer at start: %s", type(fault).__name__)
        return
    finally:
        # The thread that loads the application serves no request.
        connection.close()
    faults = faults_of(found)
    if faults and settings.MODE != "test":
        raise UnfitDatabase(" ".join(faults))
    for warning in warnings_of(found):
        logger.warning("%s", warning)


def server_settings() -> dict[str, str]:
    """Return what the server is set to, of everything that is asked for here."""
    with connection.cursor() as rows:
        rows.execute(
            "SELECT name, setting FROM pg_settings WHERE name = ANY(%s)",
            [[VERSION, *DURABLE, *QUIET]],
        )
        return dict(rows.fetchall())


def faults_of(found: Mapping[str, str]) -> list[str]:
    """Return why a server with these settings, its version among them, cannot hold a ledger."""
    faults, major = [], int(found[VERSION]) // 10_000
    if major < OLDEST_MAJOR:
        faults.append(f"This is PostgreSQL {major}; LoopGrid needs {OLDEST_MAJOR} or later.")
    faults += [
        f"PostgreSQL runs with {name} = off: it may lose what it confirmed. Set it to on."
        for name in DURABLE
        if found[name] == "off"
    ]
    return faults


def warnings_of(found: Mapping[str, str]) -> list[str]:
    """Return the settings by which the server would write content into its log."""
    return [
        f"PostgreSQL runs with {name} = {found[name]} and may write content into its log; "
        "see docs/operations.md"
        for name, quiet in QUIET.items()
        if found[name] not in quiet
    ]
