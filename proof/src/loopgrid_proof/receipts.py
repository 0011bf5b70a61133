"""A receipt: proof that one entry is in a ledger whose checkpoint a trusted key signed.

The text is `c2sp.org/tlog-proof@v1` with the leaf as `extra`, so it is complete in itself: who
holds it needs the verifier key and nothing else, and can show it to anybody.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Sequence
from dataclasses import dataclass

from loopgrid_proof import headers, merkle, notes
from loopgrid_proof.errors import Fault

FORMAT = "c2sp.org/tlog-proof@v1"
MAX_RECEIPT = notes.MAX_NOTE + 2 * headers.MAX_LEAF
_MAX_PATH = 63
_is_index = re.compile(r"0|[1-9][0-9]{0,15}").fullmatch


@dataclass(frozen=True)
class Receipt:
    """A receipt taken apart; nothing of it is checked yet."""

    leaf: bytes
    index: int
    path: tuple[bytes, ...]
    checkpoint: bytes


@dataclass(frozen=True)
class CheckedReceipt:
    """What a receipt proves: this entry, in the tree of this checkpoint."""

    header: headers.Header
    checkpoint: notes.Checkpoint


def format_receipt(leaf: bytes, *, index: int, path: Sequence[bytes], checkpoint: bytes) -> bytes:
    """Return the receipt of `leaf` under a signed checkpoint note."""
    lines = [FORMAT, f"extra {_encode(leaf)}", f"index {index}", *map(_encode, path), ""]
    return "\n".join(lines).encode() + b"\n" + checkpoint


def parse_receipt(raw: bytes) -> Receipt:
    """Return the parts of a receipt; Fault(E_PROOF) if it is not one, also without its leaf."""
    head, found, checkpoint = raw.partition(b"\n\n")
    if not found or len(raw) > MAX_RECEIPT:
        raise Fault("E_PROOF", "Not a receipt, or too large.")
    lines = head.split(b"\n")
    if len(lines) < 3 or lines[0] != FORMAT.encode() or not lines[1].startswith(b"extra "):  # noqa: PLR2004
        raise Fault("E_PROOF", f"A receipt begins with {FORMAT} and the entry as extra.")
    index = lines[2].decode("ascii", "replace")
    if not index.startswith("index ") or not _is_index(index[6:]) or len(lines) > 3 + _MAX_PATH:
        raise Fault("E_PROOF", "The index or the path of the receipt is ill-formed.")
    path = tuple(map(_decode, lines[3:]))
    if any(len(node) != merkle.HASH_BYTES for node in path):
        raise Fault("E_PROOF", "The path of the receipt is ill-formed.")
    return Receipt(_decode(lines[1][6:]), int(index[6:]), path, checkpoint)


def check_receipt(
    raw: bytes, *, trusted: Sequence[notes.VerifierKey], origin: str | None = None
) -> CheckedReceipt:
    """Return what a receipt proves, or raise Fault with the first thing that is wrong.

    The codes are those of the checkpoint (E_NOTE, E_SIG, E_ORIGIN), of the header, E_LEDGER,
    E_SEQ and E_PROOF.
    """
    receipt = parse_receipt(raw)
    checkpoint = notes.check_checkpoint(receipt.checkpoint, origin=origin, trusted=trusted)
    header = headers.read_header(receipt.leaf)
    if header.log != checkpoint.origin:
        raise Fault("E_LEDGER", "The entry names another ledger than the checkpoint.")
    if header.seq != receipt.index:
        raise Fault("E_SEQ", "The entry has another number than the receipt.")
    merkle.check_inclusion(
        header.leaf_hash,
        index=receipt.index,
        size=checkpoint.size,
        path=receipt.path,
        root=checkpoint.root,
    )
    return CheckedReceipt(header, checkpoint)


def _encode(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


def _decode(text: bytes) -> bytes:
    try:
        raw = base64.b64decode(text, validate=True)
    except binascii.Error:
        raise Fault("E_PROOF", "The receipt holds broken base64.") from None
    if base64.b64encode(raw) != text:
        raise Fault("E_PROOF", "The receipt holds base64 in a second spelling.")
    return raw
