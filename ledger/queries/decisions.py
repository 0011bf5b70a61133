"""Reading decisions: where one stands, and everything that happened to it.

Queries per call: `decision` and `decision_at` one, `history_of` and `state_at` three.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from operator import attrgetter
from typing import Any

from django.db import connection
from loopgrid_proof.headers import Header, read_header

from ledger.errors import NotFound
from ledger.models import Decision, Entry
from ledger.queries.entries import disowned_of
from ledger.queries.ledgers import LedgerRef
from ledger.queries.parts import PartContent, as_sealed, parts_of
from ledger.states import DecisionState, Standing, begins, fold, state_of

WRITTEN = "%Y-%m-%dT%H:%M:%S.%fZ"
_TIMES = tuple(index for index, name in enumerate(DecisionState.__slots__) if name.endswith("_at"))
_HASHES = tuple(
    index for index, name in enumerate(DecisionState.__slots__) if name.endswith("_hash")
)
_columns_of = attrgetter(*DecisionState.__slots__)


@dataclass(frozen=True, slots=True)
class HistoryEntry:
    """One entry of a decision's record with its checked parts, and what superseded it, if anything.

    `state` is `sealed` when a signed checkpoint covers the entry, else `recorded`.
    """

    header: Header
    parts: dict[str, PartContent]
    superseded_by: int | None
    supersedes: int | None
    state: str


@dataclass(frozen=True, slots=True)
class DecisionHistory:
    """A decision's entries, oldest first, and the fold of them."""

    entries: tuple[HistoryEntry, ...]
    standing: Standing


def decision(ledger: LedgerRef, decision_id: str) -> DecisionState:
    """Return where a decision stands.

    Raises NotFound; another workspace's id is not found either.
    """
    row = Decision.objects.filter(ledger_id=ledger.ledger_id, decision_id=decision_id).first()
    if row is None:
        raise NotFound(f"Decision {decision_id} not found")
    return state_from_row(row)


def decision_at(ledger: LedgerRef, seq: int) -> DecisionState:
    """Return the decision recorded as entry `seq`. Raises NotFound."""
    row = Decision.objects.filter(ledger_id=ledger.ledger_id, seq=seq).first()
    if row is None:
        raise NotFound(f"Decision #{seq} not found")
    return state_from_row(row)


def state_from_row(row: Decision) -> DecisionState:
    """Return the frozen state a row of the read model stands for."""
    return state_of_columns(_columns_of(row))


def state_of_columns(row: tuple[Any, ...]) -> DecisionState:
    """Return the state that a row of `ledger_decision`, in the order of its fields, stands for."""
    values = list(row)
    for index in _TIMES:
        if values[index] is not None:
            values[index] = values[index].strftime(WRITTEN)
    for index in _HASHES:
        if values[index] is not None:
            values[index] = bytes(values[index])
    return DecisionState(*values)


def headers_of(ledger: LedgerRef, record: str) -> list[Header]:
    """Return the headers of a record in order; empty if there is none."""
    leaves = (
        Entry.objects.filter(ledger_id=ledger.ledger_id, rec=record)
        .order_by("rn")
        .values_list("leaf", flat=True)
    )
    return [read_header(bytes(leaf)) for leaf in leaves]


def state_at(ledger: LedgerRef, decision_id: str, *, upto: int) -> DecisionState:
    """Return where a decision stood just after entry `upto`: the answer a repeated request gets.

    The content hash is the one of now, so that what was erased since stays erased. Raises NotFound.
    """
    now = decision(ledger, decision_id)
    headers = [header for header in headers_of(ledger, decision_id) if header.seq <= upto]
    standing = _folded(ledger, decision_id, headers)
    return state_of(standing, content_hash=now.content_hash)


def history_of(ledger: LedgerRef, decision_id: str, *, sealed_size: int) -> DecisionHistory:
    """Return everything recorded about a decision, oldest first, contents included.

    `sealed_size` is the size of the newest checkpoint. Entries that were disowned are shown and
    count for nothing. Raises NotFound.
    """
    headers = headers_of(ledger, decision_id)
    standing = _folded(ledger, decision_id, headers)
    parts = parts_of(ledger, [header.seq for header in headers])
    superseded = {target: by or entry for target, entry, by in standing.superseded}
    return DecisionHistory(
        tuple(
            HistoryEntry(
                header,
                as_sealed(header, parts[header.seq]),
                superseded.get(header.seq),
                header.refs.get("target"),
                "sealed" if header.seq < sealed_size else "recorded",
            )
            for header in headers
        ),
        standing,
    )


def _folded(ledger: LedgerRef, decision_id: str, headers: Sequence[Header]) -> Standing:
    with connection.cursor() as cursor:
        disowned = disowned_of(cursor, ledger.ledger_id)
    kept = [header for header in headers if header.seq not in disowned]
    if not begins(kept):
        raise NotFound(f"Decision {decision_id} not found")
    return fold(kept)
