"""Where a ledger stands: how long it is, how far it is signed, by which keys."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import datetime
from uuid import UUID

from loopgrid_proof.headers import Header, read_header

from ledger import queries
from ledger.errors import NotFound
from ledger.models import Entry, Ledger
from ledger.queries import LedgerEnd, LedgerRef
from ledger.serving.checkpoints import SignedCheckpoint, newest_checkpoint


@dataclass(frozen=True, slots=True)
class KeyRange:
    """The sizes at which a verifier key counts: above `added` up to `until`; None is no end."""

    vkey: str
    added: int
    until: int | None = None


@dataclass(frozen=True, slots=True)
class LedgerStanding:
    """The ledger at a glance; `unsealed_since` dates the oldest entry without a checkpoint."""

    ledger: LedgerRef
    end: LedgerEnd | None
    checkpoint: SignedCheckpoint | None
    unsealed_since: datetime | None
    alarm: str | None
    keys: tuple[KeyRange, ...]

    @property
    def sealed_size(self) -> int:
        """How many entries the newest checkpoint covers."""
        return 0 if self.checkpoint is None else self.checkpoint.size


def standing_of(ledger: LedgerRef) -> LedgerStanding:
    """Return where the ledger stands; five queries by index."""
    end, checkpoint = queries.end_of(ledger), newest_checkpoint(ledger)
    sealed = 0 if checkpoint is None else checkpoint.size
    since = (
        Entry.objects.filter(ledger_id=ledger.ledger_id, seq=sealed)
        .values_list("t", flat=True)
        .first()
    )
    said = queries.notary_state(ledger)
    alarm = None if said is None else said.alarm
    return LedgerStanding(ledger, end, checkpoint, since, alarm, tuple(verifier_keys(ledger)))


def verifier_keys(ledger: LedgerRef) -> list[KeyRange]:
    """Return the keys that the ledger itself names, in the order in which they were added."""
    leaves = (
        Entry.objects.filter(
            ledger_id=ledger.ledger_id, kind__in=("key.added", "key.retired"), rec=None
        )
        .order_by("seq")
        .values_list("leaf", flat=True)
    )
    return key_ranges(read_header(bytes(leaf)) for leaf in leaves)


def key_ranges(headers: Iterable[Header]) -> list[KeyRange]:
    """Return the ranges that these entries about keys, in order, give."""
    found: dict[str, KeyRange] = {}
    for header in headers:
        vkey = str(header.refs["vkey"])
        if header.kind == "key.added":
            found.setdefault(vkey, KeyRange(vkey, header.seq))
        elif vkey in found and found[vkey].until is None:
            found[vkey] = replace(found[vkey], until=header.seq)
    return list(found.values())


def ledger_named(workspace_id: UUID, name: str) -> LedgerRef:
    """Return the workspace's ledger, open or closed, whose origin is `name` after its host.

    Raises NotFound for every other name, that of another workspace included.
    """
    rows = Ledger.objects.filter(workspace_id=workspace_id)
    for row in rows:
        if row.origin.partition("/")[2] == name:
            return LedgerRef(row.ledger_id, row.workspace_id, row.origin)
    raise NotFound("No ledger of this workspace has this name.")
