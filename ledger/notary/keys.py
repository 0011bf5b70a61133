"""The secret keys of a ledger: one Ed25519 key in a file that only the notary's user can read.

Each line is one key in the encoding of Go's signed notes, `PRIVATE+KEY+<name>+<id>+<base64>`. While
a key is being rotated there are two lines. A key that lives elsewhere stands behind `Signer` as
well.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Protocol

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from loopgrid_proof.notes import ED25519, format_vkey, key_id

from ledger.notary.disk import Disk
from ledger.notary.errors import Refused

_PREFIX = "PRIVATE+KEY"
_SEED_BYTES = 32


class Signer(Protocol):
    """A key that signs under the ledger's origin and never shows its secret."""

    @property
    def vkey(self) -> str:
        """The verifier key that checks what this signs."""

    @property
    def key_id(self) -> bytes:
        """The four bytes that stand for the key on a signature line."""

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature; the same message gives the same bytes."""


@dataclass(frozen=True, slots=True)
class FileKey:
    """A key whose seed is in the ledger's key file."""

    name: str
    private: Ed25519PrivateKey

    @property
    def vkey(self) -> str:
        """The verifier key that checks what this signs."""
        return format_vkey(self.name, self.private.public_key().public_bytes_raw())

    @property
    def key_id(self) -> bytes:
        """The four bytes that stand for the key on a signature line."""
        return key_id(self.name, self.private.public_key().public_bytes_raw())

    def sign(self, message: bytes) -> bytes:
        """Return the Ed25519 signature; the same message gives the same bytes."""
        return self.private.sign(message)

    def line(self) -> str:
        """Return the key as its file holds it; a secret."""
        encoded = base64.b64encode(ED25519 + self.private.private_bytes_raw()).decode()
        return f"{_PREFIX}+{self.name}+{self.key_id.hex()}+{encoded}"


def make_key(origin: str) -> FileKey:
    """Draw a key that signs as `origin`."""
    return FileKey(origin, Ed25519PrivateKey.generate())


def read_keys(path: Path, *, origin: str, disk: Disk) -> list[FileKey]:
    """Return the keys of a key file, oldest first; none if there is no file.

    Raises Refused(N_STATE) for a file that others can read, or that holds anything but keys of
    `origin`.
    """
    raw = disk.read(path)
    if raw is None:
        return []
    if path.stat().st_mode & 0o077:
        raise Refused("N_STATE", "The key file can be read by others; make it mode 0600.")
    try:
        return [_parse(line, origin) for line in raw.decode("ascii").splitlines()]
    except (ValueError, binascii.Error) as fault:
        raise Refused("N_STATE", "The key file cannot be read.") from fault


def write_keys(path: Path, keys: Sequence[FileKey], *, disk: Disk) -> None:
    """Replace the key file; a key that is left out is gone."""
    disk.replace(path, "".join(key.line() + "\n" for key in keys).encode())


def _parse(line: str, origin: str) -> FileKey:
    *head, name, _ident, encoded = line.split("+", 4)
    raw = base64.b64decode(encoded, validate=True)
    if head != ["PRIVATE", "KEY"] or raw[:1] != ED25519 or len(raw) != _SEED_BYTES + 1:
        raise ValueError("not an Ed25519 key")
    key = FileKey(name, Ed25519PrivateKey.from_private_bytes(raw[1:]))
    if name != origin or key.line() != line:
        raise ValueError("not a key of this ledger in its one spelling")
    return key
