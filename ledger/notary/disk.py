"""Bytes that must survive a crash: every write here is on the disk when the call returns.

Tests put a failing disk in its place; everything else of the notary's memory goes through it.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from io import BytesIO
from pathlib import Path
from typing import BinaryIO

from ledger.notary.errors import MustStop

PRIVATE_FILE = 0o600
PRIVATE_FOLDER = 0o700


class Disk:
    """The file system, with fsync after every change. Raises MustStop(N_DISK) if it fails."""

    def make_folder(self, folder: Path) -> None:
        """Make a folder that only its owner can enter, and those above it."""
        try:
            folder.mkdir(mode=PRIVATE_FOLDER, parents=True, exist_ok=True)
            self.sync_folder(folder.parent)
        except OSError as fault:
            raise _failed(folder, fault) from fault

    def replace(self, path: Path, content: bytes) -> None:
        """Put `content` in the place of the file, all of it or nothing."""
        spare = path.with_name(path.name + ".part")
        try:
            with _open(spare, os.O_WRONLY | os.O_CREAT | os.O_TRUNC) as handle:
                handle.write(content)
                handle.flush()
                self.sync(handle.fileno())
            spare.replace(path)
            self.sync_folder(path.parent)
        except OSError as fault:
            raise _failed(path, fault) from fault

    def append(self, path: Path, content: bytes) -> None:
        """Add `content` to the end; a crash can leave a part of it, never change what was."""
        try:
            created = not path.exists()
            with _open(path, os.O_WRONLY | os.O_CREAT | os.O_APPEND) as handle:
                handle.write(content)
                handle.flush()
                self.sync(handle.fileno())
            if created:
                self.sync_folder(path.parent)
        except OSError as fault:
            raise _failed(path, fault) from fault

    def cut(self, path: Path, length: int) -> None:
        """Shorten the file to `length` bytes."""
        try:
            with path.open("r+b") as handle:
                handle.truncate(length)
                self.sync(handle.fileno())
        except OSError as fault:
            raise _failed(path, fault) from fault

    def read(self, path: Path) -> bytes | None:
        """Return what the file holds, None if there is none."""
        try:
            return path.read_bytes()
        except FileNotFoundError:
            return None
        except OSError as fault:
            raise _failed(path, fault) from fault

    def length(self, path: Path) -> int:
        """Return how many bytes the file has, 0 if there is none."""
        return path.stat().st_size if path.exists() else 0

    @contextmanager
    def reading(self, path: Path) -> Iterator[BinaryIO]:
        """Open a file to read from its beginning; one that does not exist reads as empty."""
        if not path.exists():
            yield BytesIO()
            return
        try:
            with path.open("rb") as handle:
                yield handle
        except OSError as fault:
            raise _failed(path, fault) from fault

    def sync(self, descriptor: int) -> None:
        """Return once the disk has what was written."""
        os.fsync(descriptor)

    def sync_folder(self, folder: Path) -> None:
        """Return once the disk has the folder's names; a rename is not durable without it."""
        descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
        try:
            self.sync(descriptor)
        finally:
            os.close(descriptor)


def _open(path: Path, flags: int) -> BinaryIO:
    return os.fdopen(os.open(path, flags, PRIVATE_FILE), "wb")


def _failed(path: Path, fault: OSError) -> MustStop:
    return MustStop("N_DISK", f"{path.name} cannot be written or read: {fault.strerror}.")
