"""What anybody may check a ledger with: checkpoints, tiles, proofs, receipts, verifier keys.

Nothing here reaches beyond the newest signed checkpoint, and no proof leaves that does not lead to
one: each is checked before it is handed out, and ProofFailed is raised instead.
"""

from ledger.serving.checkpoints import (
    SignedCheckpoint,
    checkpoint_of_size,
    checkpoints_before,
    newest_checkpoint,
)
from ledger.serving.proofs import (
    ConsistencyProof,
    InclusionProof,
    consistency_proof,
    inclusion_proof,
)
from ledger.serving.receipts import EntryReceipt, receipt_of
from ledger.serving.standing import (
    KeyRange,
    LedgerStanding,
    ledger_named,
    standing_of,
    verifier_keys,
)
from ledger.serving.tiles import TileReader, build_tile, entry_bundle, hash_tile

__all__ = [
    "ConsistencyProof",
    "EntryReceipt",
    "InclusionProof",
    "KeyRange",
    "LedgerStanding",
    "SignedCheckpoint",
    "TileReader",
    "build_tile",
    "checkpoint_of_size",
    "checkpoints_before",
    "consistency_proof",
    "entry_bundle",
    "hash_tile",
    "inclusion_proof",
    "ledger_named",
    "newest_checkpoint",
    "receipt_of",
    "standing_of",
    "verifier_keys",
]
