"""Reading entries and the state of the ledger itself.

Queries per call: one each, by the primary key; `sealed_size` reads the newest checkpoint row alone.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING
from uuid import UUID

from loopgrid_proof.headers import Header, read_header, readable

from ledger.errors import NotFound
from ledger.models import Checkpoint, Entry, NotaryState
from ledger.queries.ledgers import LedgerRef

if TYPE_CHECKING:
    from django.db.backends.utils import CursorWrapper
    from psycopg import Cursor

MAX_ENTRIES = 200
_DISOWNED = """
SELECT leaf FROM ledger_entry
WHERE ledger_id = %s AND kind = 'ledger.disowned' AND rec IS NULL
"""


@dataclass(frozen=True, slots=True)
class LedgerEnd:
    """The newest entry: its number, leaf hash and time. `size` is the number of entries."""

    seq: int
    leaf_hash: bytes
    at: datetime

    @property
    def size(self) -> int:
        """The number of entries."""
        return self.seq + 1


@dataclass(frozen=True, slots=True)
class StoredEntry:
    """An entry as the database holds it; `header` is None if the leaf cannot be read as one."""

    seq: int
    leaf: bytes
    leaf_hash: bytes
    header: Header | None


def end_of(ledger: LedgerRef) -> LedgerEnd | None:
    """Return the newest entry, or None for a ledger without entries."""
    row = (
        Entry.objects.filter(ledger_id=ledger.ledger_id)
        .order_by("-seq")
        .values_list("seq", "leaf_hash", "t")
        .first()
    )
    return None if row is None else LedgerEnd(row[0], bytes(row[1]), row[2])


def entry(ledger: LedgerRef, seq: int) -> Header:
    """Return the header of entry `seq`. Raises NotFound."""
    stored = stored_entry(ledger, seq)
    return stored.header or read_header(stored.leaf)


def stored_entry(ledger: LedgerRef, seq: int) -> StoredEntry:
    """Return entry `seq`, readable or not. Raises NotFound."""
    row = (
        Entry.objects.filter(ledger_id=ledger.ledger_id, seq=seq)
        .values_list("leaf", "leaf_hash")
        .first()
    )
    if row is None:
        raise NotFound(f"Entry #{seq} not found")
    leaf = bytes(row[0])
    return StoredEntry(seq, leaf, bytes(row[1]), readable(leaf))


def entries_after(ledger: LedgerRef, after: int, *, limit: int = MAX_ENTRIES) -> list[Header]:
    """Return up to `limit` headers with numbers above `after`, in order; -1 begins at entry 0."""
    leaves = (
        Entry.objects.filter(ledger_id=ledger.ledger_id, seq__gt=after)
        .order_by("seq")
        .values_list("leaf", flat=True)[:limit]
    )
    return [read_header(bytes(leaf)) for leaf in leaves]


def disowned_of(cursor: Cursor | CursorWrapper, ledger_id: UUID) -> frozenset[int]:
    """Return the numbers of the entries that a ceremony disowned; no fold counts them."""
    cursor.execute(_DISOWNED, (ledger_id,))
    leaves = cursor.fetchall()
    return frozenset(seq for (leaf,) in leaves for seq in read_header(bytes(leaf)).refs["entries"])


def sealed_size(ledger: LedgerRef) -> int:
    """Return the size of the newest signed checkpoint, 0 if there is none."""
    size = (
        Checkpoint.objects.filter(ledger_id=ledger.ledger_id)
        .order_by("-size")
        .values_list("size", flat=True)
        .first()
    )
    return size or 0


def notary_state(ledger: LedgerRef) -> NotaryState | None:
    """Return what the notary last said about the ledger, or None if it never did."""
    return NotaryState.objects.filter(ledger_id=ledger.ledger_id).first()
