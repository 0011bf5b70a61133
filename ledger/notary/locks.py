"""One notary at a time: a lock on its folder, and one in the database for copies of the folder.

Both are kept by the kernel and the server, so they end with the process, however it ends.
"""

from __future__ import annotations

import fcntl
from pathlib import Path
from typing import Any

import psycopg
from django.db import connection, transaction
from django.db.utils import OperationalError

from ledger.notary.disk import Disk
from ledger.notary.errors import MustStop

# "LGnotary" as a number: advisory locks of one argument share a space with the append locks, whose
# keys are digests.
LOCK_KEY = int.from_bytes(b"LGnotary", "big")


class FolderLock:
    """Holds the notary's folder. Raises MustStop(N_SPLIT) if another process does."""

    def __init__(self, folder: Path, *, disk: Disk) -> None:
        disk.make_folder(folder)
        self._handle = (folder / "lock").open("ab")
        try:
            fcntl.flock(self._handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except OSError as fault:
            self._handle.close()
            raise MustStop("N_SPLIT", "Another notary uses this folder.") from fault

    def release(self) -> None:
        """Give the folder back."""
        self._handle.close()


class DatabaseLock:
    """Holds the database, on the very connection that publishes; a lost connection loses it."""

    def __init__(self, *, patience_seconds: int = 10) -> None:
        self._patience = patience_seconds
        self._held_on: Any = None

    def hold(self) -> None:
        """Take the lock, again if the connection was replaced.

        Waits a little, because the server of a killed notary may still be ending. Raises
        MustStop(N_SPLIT) if another notary has it.
        """
        connection.ensure_connection()
        if connection.connection is self._held_on:
            return
        try:
            with transaction.atomic(), connection.cursor() as cursor:
                cursor.execute(f"SET LOCAL lock_timeout = '{self._patience}s'")
                cursor.execute("SELECT pg_advisory_lock(%s)", (LOCK_KEY,))
        except OperationalError as fault:
            if isinstance(fault.__cause__, psycopg.errors.LockNotAvailable):
                raise MustStop("N_SPLIT", "Another notary works on this database.") from fault
            raise
        self._held_on = connection.connection

    def release(self) -> None:
        """Give the database back."""
        if self._held_on is not None and connection.connection is self._held_on:
            with connection.cursor() as cursor:
                cursor.execute("SELECT pg_advisory_unlock(%s)", (LOCK_KEY,))
        self._held_on = None
