"""Signed checkpoints as the notary published them. One query a call, by the primary key.

ProofFailed means that what is stored cannot be read, or states another ledger or size.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopgrid_proof.errors import Fault
from loopgrid_proof.notes import parse_checkpoint, parse_note

from ledger.errors import NotFound, ProofFailed
from ledger.models import Checkpoint
from ledger.queries import LedgerRef


@dataclass(frozen=True, slots=True)
class SignedCheckpoint:
    """The statement that the ledger has `size` entries and this root; `note` is its bytes."""

    size: int
    root: bytes
    note: bytes


def newest_checkpoint(ledger: LedgerRef) -> SignedCheckpoint | None:
    """Return the newest checkpoint, None before the first. Raises ProofFailed."""
    row = Checkpoint.objects.filter(ledger_id=ledger.ledger_id).order_by("-size").first()
    return None if row is None else _read(ledger, row)


def checkpoint_of_size(ledger: LedgerRef, size: int) -> SignedCheckpoint:
    """Return the checkpoint of exactly this size. Raises NotFound, ProofFailed."""
    row = Checkpoint.objects.filter(ledger_id=ledger.ledger_id, size=size).first()
    if row is None:
        raise NotFound(f"There is no checkpoint of size {size}.")
    return _read(ledger, row)


def checkpoints_before(
    ledger: LedgerRef, size: int | None, *, limit: int
) -> list[SignedCheckpoint]:
    """Return up to `limit` checkpoints smaller than `size`, newest first; None sets no bound."""
    rows = Checkpoint.objects.filter(ledger_id=ledger.ledger_id).order_by("-size")
    if size is not None:
        rows = rows.filter(size__lt=size)
    return [_read(ledger, row) for row in rows[:limit]]


def _read(ledger: LedgerRef, row: Checkpoint) -> SignedCheckpoint:
    note = bytes(row.note)
    try:
        found = parse_checkpoint(parse_note(note))
    except Fault as fault:
        raise ProofFailed(f"The checkpoint of size {row.size} cannot be read.") from fault
    if (found.origin, found.size) != (ledger.origin, row.size):
        raise ProofFailed(f"The checkpoint stored as of size {row.size} states something else.")
    return SignedCheckpoint(found.size, found.root, note)
