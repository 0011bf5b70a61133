"""Inclusion and consistency proofs, each checked against a signed checkpoint before it leaves."""

from __future__ import annotations

from dataclasses import dataclass

from loopgrid_proof import merkle
from loopgrid_proof.digests import EMPTY_ROOT, leaf_hash
from loopgrid_proof.errors import Fault
from loopgrid_proof.merkle import CompactRange, subtrees_of

from ledger.errors import NotFound, NotSealed, ProofFailed
from ledger.queries import LedgerRef, stored_entry
from ledger.serving.checkpoints import SignedCheckpoint, checkpoint_of_size, newest_checkpoint
from ledger.serving.tiles import TileReader


@dataclass(frozen=True, slots=True)
class InclusionProof:
    """That `leaf` is entry `seq` of the tree of `checkpoint`: sibling hashes, lowest first."""

    seq: int
    leaf: bytes
    leaf_hash: bytes
    path: tuple[bytes, ...]
    checkpoint: SignedCheckpoint


@dataclass(frozen=True, slots=True)
class ConsistencyProof:
    """That the tree of `checkpoint` continues the one of `old_size`, whose root is `old_root`."""

    old_size: int
    old_root: bytes
    path: tuple[bytes, ...]
    checkpoint: SignedCheckpoint


def inclusion_proof(
    ledger: LedgerRef, seq: int, *, checkpoint: SignedCheckpoint | None = None
) -> InclusionProof:
    """Return the proof of entry `seq` under `checkpoint`, else under the newest one.

    Raises NotFound for no such entry, NotSealed beyond the checkpoint, ProofFailed for a false one.
    """
    leaf = stored_entry(ledger, seq).leaf
    under = checkpoint or newest_checkpoint(ledger)
    if under is None or seq >= under.size:
        raise NotSealed(f"Entry #{seq} is recorded; no such checkpoint covers it yet.")
    digest = leaf_hash(leaf)
    try:
        path = merkle.inclusion_path(TileReader(ledger, under.size).fetch, seq, under.size)
        merkle.check_inclusion(digest, index=seq, size=under.size, path=path, root=under.root)
    except (Fault, IndexError) as fault:
        raise ProofFailed(
            f"Entry #{seq} does not lead to the checkpoint of {under.size}."
        ) from fault
    return InclusionProof(seq, leaf, digest, path, under)


def consistency_proof(
    ledger: LedgerRef, old_size: int, size: int | None = None
) -> ConsistencyProof:
    """Return the proof that the checkpoint of `size`, else the newest, continues `old_size`.

    Raises NotFound if there is no such checkpoint or `old_size` is larger, ProofFailed if it does
    not lead there. The old root is that of the checkpoint of that size, or is computed where none
    was signed.
    """
    under = newest_checkpoint(ledger) if size is None else checkpoint_of_size(ledger, size)
    if under is None or old_size > under.size:
        raise NotFound("No checkpoint continues a tree of this size.")
    reader = TileReader(ledger, under.size)
    try:
        old_root = _old_root(ledger, old_size, reader)
        path = merkle.consistency_path(reader.fetch, old_size, under.size)
        merkle.check_consistency(
            old_size=old_size, old_root=old_root, size=under.size, root=under.root, path=path
        )
    except (Fault, IndexError) as fault:
        raise ProofFailed(f"Size {under.size} does not continue size {old_size}.") from fault
    return ConsistencyProof(old_size, old_root, path, under)


def _old_root(ledger: LedgerRef, old_size: int, reader: TileReader) -> bytes:
    if old_size == 0:
        return EMPTY_ROOT
    try:
        return checkpoint_of_size(ledger, old_size).root
    except NotFound:
        hashes = [reader.fetch(level, index) for level, index in subtrees_of(0, old_size)]
        return CompactRange.from_hashes(old_size, hashes).root()
