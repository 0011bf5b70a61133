"""The tables of the ledger and its working state, without verbs.

Evidence and projections are made by plain SQL (`migrations/sql`), so these models are unmanaged:
they exist to read with. Rows are written by `append`, `projection` and the verbs alone.
"""

from ledger.models.admin_rows import CheckpointRow, DecisionRow, EntryRow
from ledger.models.checkpoints import Checkpoint, NotaryState, Tile
from ledger.models.decisions import Correction, Decision
from ledger.models.entries import Entry, Erasure, Ledger, Part
from ledger.models.work import Heartbeat, Job

__all__ = [
    "Checkpoint",
    "CheckpointRow",
    "Correction",
    "Decision",
    "DecisionRow",
    "Entry",
    "EntryRow",
    "Erasure",
    "Heartbeat",
    "Job",
    "Ledger",
    "NotaryState",
    "Part",
    "Tile",
]
