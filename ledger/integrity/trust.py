"""Which keys count, and what the notary remembers outside the database.

Whoever can write to every table can add a key of their own and sign a history of their own. So a
key that is named in the ledger counts only if something outside the database vouches for it: the
application's admission key, or a note in the notary's own `checkpoints.log`.
"""

from __future__ import annotations

import hashlib
import logging
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from uuid import UUID

from django.conf import settings
from loopgrid_proof import headers, notes
from loopgrid_proof.errors import Fault
from loopgrid_proof.notes import Checkpoint, VerifierKey

from ledger.integrity.rows import is_admitted
from ledger.integrity.snapshot import Snapshot

logger = logging.getLogger(__name__)

LENGTH_BYTES = 4
_KEYS = """
SELECT leaf, mac, mac_key FROM ledger_entry
WHERE ledger_id = %s AND kind = 'key.added' AND rec IS NULL ORDER BY seq
"""


@dataclass(frozen=True, slots=True)
class Memory:
    """The notary's `checkpoints.log` of one ledger as it was at one moment, if it can be read here.

    `newest` is the checkpoint in its last whole note, `length` where that ends.
    """

    path: Path | None = None
    length: int = 0
    newest: Checkpoint | None = None

    def released(self) -> Iterator[tuple[int, bytes]]:
        """Yield every note in the log with its size, in the order of release."""
        for raw, _end in read_log(self.path, self.length) if self.path else ():
            try:
                yield notes.parse_checkpoint(notes.parse_note(raw)).size, raw
            except Fault:
                # A line of the notary's own file that no longer reads is the notary's to report.
                logger.warning("a note in checkpoints.log cannot be read")


def remember(origin: str) -> Memory:
    """Return what the notary remembers of a ledger; its newest note counts as held outside.

    Must be called before the snapshot is taken: what stands in the log by then, but for its last
    note, was published before, and the entries under that note were committed.
    """
    path = log_path(origin)
    if path is None:
        return Memory()
    newest, length = None, 0
    for raw, end in read_log(path, path.stat().st_size):
        newest, length = raw, end
    if newest is None:
        return Memory(path)
    try:
        checkpoint = notes.parse_checkpoint(notes.parse_note(newest))
    except Fault:
        return Memory(path, length)
    return Memory(path, length, checkpoint if checkpoint.origin == origin else None)


def log_path(origin: str) -> Path | None:
    """Return where the notary keeps the notes of a ledger, None if that is not readable here."""
    if not settings.NOTARY_DIR:
        return None
    name = hashlib.sha256(origin.encode()).hexdigest()
    path = Path(settings.NOTARY_DIR) / name / "checkpoints.log"
    try:
        with path.open("rb"):
            return path
    except OSError:
        return None


def read_log(path: Path, length: int) -> Iterator[tuple[bytes, int]]:
    """Yield the records of a length-prefixed log and where each ends, up to `length` bytes.

    A torn last one never left the notary.
    """
    place = 0
    with path.open("rb") as log:
        while place + LENGTH_BYTES <= length:
            size = int.from_bytes(log.read(LENGTH_BYTES), "big")
            place += LENGTH_BYTES + size
            if size > notes.MAX_NOTE or place > length:
                return
            yield log.read(size), place


def added_keys(moment: Snapshot, ledger_id: UUID) -> list[tuple[VerifierKey, bool]]:
    """Return the keys that entries add, and whether the application vouches for each entry."""
    found = []
    for leaf, mac, number in moment.ask(_KEYS, (ledger_id,)):
        header = headers.readable(leaf or b"")
        if header is None or header.kind != "key.added":
            continue
        try:
            key = notes.parse_vkey(header.refs["vkey"])
        except Fault:
            continue  # the walk reports it where it stands
        known = number in settings.ADMISSION_KEYS and mac is not None
        found.append((key, known and is_admitted(header.leaf, mac, number)))
    return found


def trusted_keys(added: list[tuple[VerifierKey, bool]], memory: Memory) -> tuple[VerifierKey, ...]:
    """Return the keys that something outside the database vouches for."""
    doubtful = [key for key, admitted in added if not admitted]
    remembered = _signers_in(memory, doubtful) if doubtful else frozenset()
    return tuple(key for key, admitted in added if admitted or key.text in remembered)


def _signers_in(memory: Memory, keys: list[VerifierKey]) -> frozenset[str]:
    found: set[str] = set()
    lines = notes.by_line(keys)
    for _size, raw in memory.released():
        try:
            found |= notes.good_signers(notes.parse_note(raw), lines)
        except Fault:
            continue
        if len(found) == len(keys):
            break
    return frozenset(found)
