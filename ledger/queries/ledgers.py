"""Which ledger a workspace keeps."""

from __future__ import annotations

from dataclasses import dataclass
from uuid import UUID

from ledger.errors import NotFound
from ledger.models import Ledger


@dataclass(frozen=True, slots=True)
class LedgerRef:
    """A ledger as verbs and queries name it; `origin` is its name for ever."""

    ledger_id: UUID
    workspace_id: UUID
    origin: str


def _ref(row: Ledger) -> LedgerRef:
    return LedgerRef(row.ledger_id, row.workspace_id, row.origin)


# A workspace's open ledger changes only when a successor is opened, and `append` asks for its state
# under the lock again, so that a stale answer here can never write to a closed ledger.
_OPEN: dict[UUID, LedgerRef] = {}


def ledger_of(workspace_id: UUID) -> LedgerRef:
    """Return the workspace's open ledger. Raises NotFound if it has none."""
    known = _OPEN.get(workspace_id)
    if known is None:
        row = Ledger.objects.filter(workspace_id=workspace_id, state="open").first()
        if row is None:
            raise NotFound("This workspace has no open ledger.")
        known = _OPEN[workspace_id] = _ref(row)
    return known


def forget_open_ledger(workspace_id: UUID) -> None:
    """Read the workspace's open ledger again next time; called when it turned out to be closed."""
    _OPEN.pop(workspace_id, None)


def ledger_with_id(ledger_id: UUID) -> LedgerRef:
    """Return a ledger, open or closed, by its id. Raises NotFound."""
    row = Ledger.objects.filter(ledger_id=ledger_id).first()
    if row is None:
        raise NotFound("No ledger has this id.")
    return _ref(row)


def open_ledgers() -> list[LedgerRef]:
    """Return every open ledger of the deployment, by origin."""
    return [_ref(row) for row in Ledger.objects.filter(state="open").order_by("origin")]
