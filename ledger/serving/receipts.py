"""Receipts: what somebody keeps to show later that an entry is in the ledger."""

from __future__ import annotations

from dataclasses import dataclass

from loopgrid_proof.headers import Header, read_header
from loopgrid_proof.receipts import format_receipt

from ledger import queries
from ledger.errors import NotSealed
from ledger.queries import LedgerRef
from ledger.serving.proofs import InclusionProof, inclusion_proof


@dataclass(frozen=True, slots=True)
class EntryReceipt:
    """The header of an entry and its proof, which is None while it is recorded but not sealed."""

    header: Header
    proof: InclusionProof | None

    def text(self) -> bytes:
        """Return the receipt as `c2sp.org/tlog-proof@v1`. Raises NotSealed before it is sealed."""
        if self.proof is None:
            raise NotSealed(f"Entry #{self.header.seq} is recorded; no checkpoint covers it yet.")
        return format_receipt(
            self.proof.leaf,
            index=self.proof.seq,
            path=self.proof.path,
            checkpoint=self.proof.checkpoint.note,
        )


def receipt_of(ledger: LedgerRef, seq: int) -> EntryReceipt:
    """Return the receipt of an entry under the newest checkpoint. Raises NotFound, ProofFailed."""
    try:
        proof = inclusion_proof(ledger, seq)
    except NotSealed:
        return EntryReceipt(queries.entry(ledger, seq), None)
    return EntryReceipt(read_header(proof.leaf), proof)
