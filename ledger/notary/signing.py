"""Making a checkpoint: three lines about numbers held in memory, and signatures."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from loopgrid_proof.notes import checkpoint_body, note_with_signatures

from ledger.notary.errors import Refused
from ledger.notary.keys import Signer
from ledger.notary.memory import Head, KeyUse


def active_signers(signers: Sequence[Signer], uses: Iterable[KeyUse], *, size: int) -> list[Signer]:
    """Return the keys that sign a checkpoint of this size, in the order in which they were added.

    Refused(N_STATE) if there is none: a checkpoint nobody can check would be worse than none.
    """
    by_vkey = {signer.vkey: signer for signer in signers}
    active = dict.fromkeys(use.vkey for use in uses if use.is_active(size))
    found = [by_vkey[vkey] for vkey in active if vkey in by_vkey]
    if not found:
        raise Refused("N_STATE", f"There is no key that signs at size {size}.")
    return found


def sign_checkpoint(origin: str, head: Head, signers: Iterable[Signer]) -> bytes:
    """Return the signed note of this tree; the same tree and keys give the same bytes."""
    body = checkpoint_body(origin, head.size, head.root)
    return note_with_signatures(
        body, [(origin, signer.key_id, signer.sign(body)) for signer in signers]
    )
