"""A notary for tests, in one process: it signs what it is shown and keeps its own log of it."""

from __future__ import annotations

import hashlib
from pathlib import Path

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.db import connection
from loopgrid_proof import merkle, notes

from ledger import upkeep
from ledger.queries import LedgerRef
from tests.support.cast import clock


class Signer:
    """An Ed25519 key that signs under a ledger's origin."""

    def __init__(self, origin: str) -> None:
        self.secret = Ed25519PrivateKey.generate()
        self.origin = origin
        raw = self.secret.public_key().public_bytes_raw()
        self.vkey = notes.format_vkey(origin, raw)
        self.key_id = notes.key_id(origin, raw)

    def note(self, size: int, root: bytes) -> bytes:
        body = notes.checkpoint_body(self.origin, size, root)
        line = (self.origin, self.key_id, self.secret.sign(body))
        return notes.note_with_signatures(body, [line])


class Sealer:
    """Signs checkpoints of one ledger into the database and into `folder`, as the notary does."""

    def __init__(self, ledger: LedgerRef, folder: Path | None) -> None:
        self.ledger, self.signer = ledger, Signer(ledger.origin)
        self.log: Path | None = None
        if folder is not None:
            own = folder / hashlib.sha256(ledger.origin.encode()).hexdigest()
            own.mkdir(parents=True, exist_ok=True)
            self.log = own / "checkpoints.log"
        upkeep.add_key(ledger, vkey=self.signer.vkey, clock=clock)

    def hashes(self) -> list[bytes]:
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT leaf_hash FROM ledger_entry WHERE ledger_id = %s ORDER BY seq",
                [self.ledger.ledger_id],
            )
            return [bytes(row[0]) for row in cursor.fetchall()]

    def seal(self, *sizes: int, signer: Signer | None = None) -> None:
        """Sign checkpoints of these sizes, or of all entries, and store them."""
        hashes = self.hashes()
        for size in sizes or (len(hashes),):
            note = (signer or self.signer).note(size, merkle.root_of(hashes[:size]))
            if self.log is not None:
                with self.log.open("ab") as log:
                    log.write(len(note).to_bytes(4, "big") + note)
            with connection.cursor() as cursor:
                cursor.execute(
                    "INSERT INTO ledger_checkpoint (ledger_id, size, note) VALUES (%s, %s, %s)",
                    [self.ledger.ledger_id, size, note],
                )

    def store_tiles(self) -> None:
        """Store every full tile of the two lowest levels."""
        level, row = 0, self.hashes()
        while len(row) >= merkle.TILE_WIDTH:
            roots = []
            for n in range(len(row) // merkle.TILE_WIDTH):
                tile = b"".join(row[n * 256 : (n + 1) * 256])
                roots.append(merkle.tile_root(tile))
                with connection.cursor() as cursor:
                    cursor.execute(
                        "INSERT INTO ledger_tile (ledger_id, level, n, hashes, root)"
                        " VALUES (%s, %s, %s, %s, %s)",
                        [self.ledger.ledger_id, level, n, tile, roots[-1]],
                    )
            level, row = level + 1, roots
