"""What a client sent, taken apart without changing a byte. Pure: bytes in, values out.

`strict` reads JSON as strictly as it will be verified and cuts out the exact bytes of each member;
`submission` says which member becomes a fact, a part or a claim of the client; `sealing` salts it.
"""

from ledger.content.sealing import SealedPart, seal, written
from ledger.content.strict import MAX_DEPTH, Member, items_of, read_strict, slice_members
from ledger.content.submission import PARTS, Piece, Submission, split_parts

__all__ = [
    "MAX_DEPTH",
    "PARTS",
    "Member",
    "Piece",
    "SealedPart",
    "Submission",
    "items_of",
    "read_strict",
    "seal",
    "slice_members",
    "split_parts",
    "written",
]
