"""Salting: a piece of content becomes a part with a digest that cannot be guessed back.

The verb draws one salt of 32 random bytes per part and passes it in; nothing here draws chance.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from itertools import count

from loopgrid_proof.canonical import canonical_bytes
from loopgrid_proof.digests import part_digest
from loopgrid_proof.headers import PartRef

from ledger.content.submission import Piece

SALT_BYTES = 32


@dataclass(frozen=True, slots=True)
class SealedPart:
    """A part ready to be stored: what the header says of it, its salt and its content."""

    ref: PartRef
    salt: bytes
    content: bytes


def seal(pieces: Iterable[Piece], *, draw: Callable[[int], bytes]) -> tuple[SealedPart, ...]:
    """Return each piece with a fresh salt from `draw` and its digest, ascending by name."""
    ordered = sorted(pieces, key=_name)
    # Chance is drawn once for all of them: each call asks the kernel.
    chance = draw(SALT_BYTES * len(ordered))
    sealed = []
    for start, piece in zip(count(0, SALT_BYTES), ordered, strict=False):
        salt = chance[start : start + SALT_BYTES]
        digest = part_digest(salt, piece.content)
        ref = PartRef(name=piece.name, cls=piece.cls, digest=digest, media=piece.media)
        sealed.append(SealedPart(ref, salt, piece.content))
    return tuple(sealed)


def written(name: str, value: object, *, cls: str = "p") -> Piece:
    """Return content that a form or the server made: canonical JSON, written once (RFC 8785)."""
    return Piece(name, cls, canonical_bytes(value))


def _name(piece: Piece) -> str:
    return piece.name
