"""Every read of the ledger, as frozen results that begin with the ledger.

Another workspace's id is answered like one that never existed: `NotFound`. Each module states how
many queries a call costs.
"""

from ledger.queries.decisions import (
    DecisionHistory,
    HistoryEntry,
    decision,
    decision_at,
    headers_of,
    history_of,
    state_at,
    state_from_row,
)
from ledger.queries.entries import (
    LedgerEnd,
    StoredEntry,
    end_of,
    entries_after,
    entry,
    notary_state,
    sealed_size,
    stored_entry,
)
from ledger.queries.ledgers import (
    LedgerRef,
    ledger_of,
    ledger_with_id,
    open_ledgers,
)
from ledger.queries.parts import PartContent, as_sealed, content_of, parts_of
from ledger.queries.records import Record, headers_at, record_at, record_of, records_of

__all__ = [
    "DecisionHistory",
    "HistoryEntry",
    "LedgerEnd",
    "LedgerRef",
    "PartContent",
    "Record",
    "StoredEntry",
    "as_sealed",
    "content_of",
    "decision",
    "decision_at",
    "end_of",
    "entries_after",
    "entry",
    "headers_at",
    "headers_of",
    "history_of",
    "ledger_of",
    "ledger_with_id",
    "notary_state",
    "open_ledgers",
    "parts_of",
    "record_at",
    "record_of",
    "records_of",
    "sealed_size",
    "state_at",
    "state_from_row",
    "stored_entry",
]
