"""Stored parts against the digests in the header, and copies against the leaf."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, MutableMapping, Sequence
from datetime import datetime

from loopgrid_proof import digests
from loopgrid_proof.errors import Finding, finding
from loopgrid_proof.headers import Header, PartRef
from loopgrid_proof.verify.rows import Columns, PartRow

_start = hashlib.sha256(digests.PART_PREFIX).copy


def check_parts(
    header: Header, rows: Sequence[PartRow], counts: MutableMapping[str, int]
) -> Iterator[Finding]:
    """Yield what is wrong with the stored parts of an entry, and count each one."""
    # In the usual case rows come in order and all agree; one pass without a table of names.
    if len(rows) == len(header.parts) and all(map(_matches, header.parts, rows)):
        counts["parts_match"] += len(rows)
        return
    stored = {row.name: row for row in rows}
    for ref in header.parts:
        yield from _check_part(header.seq, ref, stored.pop(ref.name, None), counts)
    for name in stored:
        yield finding("E_COLUMN", f"The entry has no part {name}.", seq=header.seq)
    if len(rows) != len({row.name for row in rows}):
        yield finding("E_COLUMN", "A part is stored twice.", seq=header.seq)


def _matches(ref: PartRef, row: PartRow) -> bool:
    name, digest, cls, media, state, salt, content, erased_seq = row
    if salt is None or content is None or len(salt) != digests.SALT_BYTES or state != "present":
        return False
    hashed = _start()
    hashed.update(salt)
    hashed.update(content)
    return hashed.digest() == ref.digest == digest and (name, cls, media, erased_seq) == (
        ref.name,
        ref.cls,
        ref.media,
        None,
    )


def _check_part(
    seq: int, ref: PartRef, row: PartRow | None, counts: MutableMapping[str, int]
) -> Iterator[Finding]:
    if row is None or row.salt is None or row.content is None:
        counts["parts_missing"] += 1
        detail = f"The part {ref.name} is gone without an entry that erased it."
        yield finding("E_PART_MISSING", detail, seq=seq)
    elif len(row.salt) != digests.SALT_BYTES or (
        digests.part_digest(row.salt, row.content) != ref.digest
    ):
        counts["parts_altered"] += 1
        yield finding("E_PART_ALTERED", f"The part {ref.name} is not what was recorded.", seq=seq)
    else:
        counts["parts_match"] += 1
    if row is not None:
        copies = (row.digest, row.cls, row.media)
        if copies != (ref.digest, ref.cls, ref.media):
            yield finding("E_COLUMN", f"A copy beside the part {ref.name} differs.", seq=seq)
        if row.state != "present" or row.erased_seq is not None:
            detail = f"The part {ref.name} is marked erased, and no entry erased it."
            yield finding("E_COLUMN", detail, seq=seq)


def check_columns(header: Header, columns: Columns) -> Finding | None:
    """Return the finding for the first copy that differs from the leaf."""
    said = (
        header.seq,
        header.leaf_hash,
        header.prev,
        header.kind,
        instant(header.t),
        header.rec,
        header.rn,
        *(header.src or (None, None)),
    )
    if said == columns:
        return None
    names = [n for n, a, b in zip(Columns._fields, said, columns) if a != b]
    return finding("E_COLUMN", f"The copy {names[0]} differs from the leaf.", seq=header.seq)


def instant(t: str) -> datetime:
    """Return the moment a header names."""
    return datetime.fromisoformat(t[:26] + "+00:00")
