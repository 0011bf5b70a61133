"""The hash pass: only what hashing can say, and as fast as it can be said.

If the root that comes out is the one of a checkpoint that a trusted key signed, every leaf is the
one the notary checked before it signed, and every part counted here is the one its leaf names.
Nothing is parsed; what the checks of a full walk would find on top are damaged copies, columns
and references.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from hashlib import sha256

from loopgrid_proof.digests import PART_PREFIX
from loopgrid_proof.merkle import CompactRange


def hash_pass(
    rows: Iterable[tuple[bytes, Sequence[tuple[bytes, bytes]]]], tree: CompactRange
) -> list[int]:
    """Extend `tree` by rows of (leaf, parts as (salt, content)); name entries whose parts differ.

    Compare the root with a checked checkpoint afterwards: until then nothing is proven.
    """
    altered, hashes, seq = [], [], tree.end
    for leaf, parts in rows:
        hashes.append(sha256(b"\x00" + leaf).digest())
        for salt, content in parts:
            digest = sha256(PART_PREFIX + salt + content).hexdigest()
            # Quotes inside a JSON string are escaped, so this can only be a value of the header.
            if b'"d":"%b"' % digest.encode() not in leaf:
                altered.append(seq)
        seq += 1
    tree.extend(hashes)
    return altered
