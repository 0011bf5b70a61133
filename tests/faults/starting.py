"""Starting the writer beside the test, on a database of its choice."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from urllib.parse import quote

from django.db import connection

from ledger.queries import LedgerRef

WRITER = Path(__file__).with_name("writer.py")
PROJECT = WRITER.parents[2]
_SETTINGS = {
    "LOOPGRID_MODE": "test",
    "DJANGO_SETTINGS_MODULE": "loopgrid_site.settings",
    "REDIS_URL": os.environ.get("REDIS_URL", "unix:///nonexistent"),
}


def database_url() -> str:
    """Return the URL of the database this test uses."""
    known = connection.settings_dict
    return f"postgresql://{known['USER']}@/{known['NAME']}?host={quote(known['HOST'], safe='')}"


def start_writer(ledger: LedgerRef, *words: str, url: str) -> subprocess.Popen[str]:
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
