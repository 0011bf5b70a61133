"""What a walk is fed: entries as they are stored, with their copies and parts."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import NamedTuple


class PartRow(NamedTuple):
    """One stored part. `salt` and `content` are None once erased."""

    name: str
    digest: bytes
    cls: str
    media: str
    state: str
    salt: bytes | None
    content: bytes | None
    erased_seq: int | None = None


class Columns(NamedTuple):
    """The copies that stand beside a leaf in a database; each must equal what the leaf says."""

    seq: int
    leaf_hash: bytes
    prev_hash: bytes
    kind: str
    t: datetime
    rec: str | None
    rn: int | None
    src_id: str | None
    src_n: int | None


class Row(NamedTuple):
    """One entry. `columns` None: there are no copies. `parts` None: contents are not disclosed."""

    leaf: bytes
    columns: Columns | None = None
    parts: Sequence[PartRow] | None = None


class Tile(NamedTuple):
    """One stored full tile: its 256 hashes in a row, and the root kept beside them."""

    hashes: bytes
    root: bytes
