"""One notary at a time: a lock on its folder, and one in the database for copies of the folder.

A ceremony has its turn by a third one, for which a running notary steps aside. All are kept by the
kernel or the server, so they end with their process, however it ends.
"""

from __future__ import annotations

import fcntl
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO, Any

import psycopg
from django.db import connection, transaction
from django.db.utils import OperationalError

from ledger.notary.disk import Disk
from ledger.notary.errors import CeremonyRefused, MustStop

# "LGnotary" as a number: advisory locks of one argument share a space with the append locks, whose
# keys are digests.
LOCK_KEY = int.from_bytes(b"LGnotary", "big")
TRY_EVERY = 0.1


class FolderLock:
    """Holds the notary's folder. Raises MustStop(N_SPLIT) if another process keeps it so long."""

    def __init__(self, folder: Path, *, disk: Disk, patience_seconds: float = 0.0) -> None:
        disk.make_folder(folder)
        self._handle = (folder / "lock").open("ab")
        until = time.monotonic() + patience_seconds
        while not _try_lock(self._handle, fcntl.LOCK_EX):
            if time.monotonic() >= until:
                self._handle.close()
                raise MustStop("N_SPLIT", "Another notary uses this folder.")
            time.sleep(TRY_EVERY)

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


@contextmanager
def turn(folder: Path) -> Iterator[None]:
    """Have the notary of this folder step aside, as long as the block runs.

    Raises CeremonyRefused while another ceremony is held.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / "ceremony").open("ab") as handle:
        if not _try_lock(handle, fcntl.LOCK_EX):
            raise CeremonyRefused("Another ceremony is held right at this moment.")
        yield


def is_turn_taken(folder: Path) -> bool:
    """Whether a ceremony is held, or waits for the notary to step aside."""
    path = folder / "ceremony"
    if not path.exists():
        return False
    with path.open("ab") as handle:
        return not _try_lock(handle, fcntl.LOCK_SH)


def _try_lock(handle: IO[bytes], kind: int) -> bool:
    try:
        fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except BlockingIOError:
        return False
    return True
