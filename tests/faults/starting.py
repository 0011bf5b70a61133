"""Starting the writer beside the test, on a database of its choice."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol
from urllib.parse import quote
from uuid import UUID

WRITER = Path(__file__).with_name("writer.py")
PROJECT = WRITER.parents[2]
_SETTINGS = {
    "LOOPGRID_MODE": "test",
    "DJANGO_SETTINGS_MODULE": "loopgrid_site.settings",
    "REDIS_URL": os.environ.get("REDIS_URL", "unix:///nonexistent"),
}


class Named(Protocol):
    """A ledger as the writer is told of it."""

    @property
    def ledger_id(self) -> UUID:
        """Its id."""

    @property
    def workspace_id(self) -> UUID:
        """The id of its workspace."""

    @property
    def origin(self) -> str:
        """Its name."""


@dataclass(frozen=True)
class Opened:
    """A ledger that another process opened."""

    ledger_id: UUID
    workspace_id: UUID
    origin: str


def database_url() -> str:
    """Return the URL of the database this test uses."""
    from django.db import connection  # benchmarks use the rest without Django

    known = connection.settings_dict
    return f"postgresql://{known['USER']}@/{known['NAME']}?host={quote(known['HOST'], safe='')}"


def start_writer(ledger: Named, *words: str, url: str) -> subprocess.Popen[str]:
    """Start a writer on the database at `url`; what it prints is read by the caller."""
    return subprocess.Popen(
        [
            sys.executable,
            str(WRITER),
            str(ledger.ledger_id),
            str(ledger.workspace_id),
            ledger.origin,
            *words,
        ],
        env={**os.environ, "DATABASE_URL": url, "PYTHONPATH": str(PROJECT), **_SETTINGS},
        cwd=PROJECT,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
