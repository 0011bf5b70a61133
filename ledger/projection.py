"""Keeps the read models of decisions and corrections in step with their entries.

A row is the fold of a record's entries and nothing else: `project` writes it in the act that
appends, `rebuild` writes all rows again from entry 0, and both must give the same. Projections are
no evidence.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from itertools import groupby
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from loopgrid_proof.digests import content_hash
from loopgrid_proof.headers import Header, read_header

from ledger import content
from ledger.queries.entries import disowned_of
from ledger.rows import insert_rows
from ledger.states import DecisionState, Kind, Standing, begins, fold, fold_on, state_of

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

_TYPES = {
    "seq": "int8",
    "created_at": "timestamptz",
    "verdict_at": "timestamptz",
    "flagged_at": "timestamptz",
    "chain_hash": "bytea",
    "content_hash": "bytea",
    "corrections": "int4",
}
_STATE = tuple(field.name for field in fields(DecisionState))
# `astuple` would copy every value, which costs more than the fold.
_read_state = attrgetter(*_STATE)
_TIMES = tuple(index for index, name in enumerate(_STATE) if name.endswith("_at"))


def _type_of(name: str) -> str:
    return _TYPES.get(name) or ("int8" if name.endswith("_seq") else "text")


DECISION = ("ledger_id uuid", *(f"{name} {_type_of(name)}" for name in _STATE))
CORRECTION = (
    "ledger_id uuid",
    "seq int8",
    "correction_id text",
    "decision_id text",
    "decision_seq int8",
    "created_at timestamptz",
    "service text",
    "decision_type text",
    "made_type text",
    "made_by text",
    "reason_code text",
    "superseded_seq int8",
    "superseded_by int8",
)
# The columns that a decision just recorded fills.
FRESH = tuple(
    (name, _type_of(name))
    for name in (
        *("seq", "decision_id", "created_at", "service", "decision_type", "status", "provider"),
        *("model", "environment", "risk_tier", "origin", "result", "content_mode", "parent_id"),
        *("recorded_type", "recorded_id", "chain_hash", "content_hash", "newest_seq"),
    )
)
_HISTORY = "SELECT leaf FROM ledger_entry WHERE ledger_id = %s AND rec = %s ORDER BY rn"


@dataclass(frozen=True, slots=True)
class Projected:
    """The rows one decision gives: its own and those of its corrections."""

    decision: tuple[Any, ...]
    corrections: tuple[tuple[Any, ...], ...]


def project(
    raw: Connection, ledger_id: UUID, headers: Sequence[Header], *, before: Standing
) -> None:
    """Bring a decision's rows up to date with the entries just appended to its record.

    `before` is where it stood before them, read under the append lock. The row of a decision just
    recorded was inserted with its entry (`fresh_row`).
    """
    standing = fold_on(before, headers)
    with raw.cursor() as cursor:
        _update_decision(cursor, ledger_id, standing)
        attached = [header for header in headers if header.kind == Kind.CORRECTION_ATTACHED.value]
        rows = correction_rows(ledger_id, standing, attached)
        insert_rows(cursor, "ledger_correction", CORRECTION, rows)
        for header in headers:
            if header.kind == Kind.CORRECTION_SUPERSEDED.value:
                cursor.execute(
                    "UPDATE ledger_correction SET superseded_seq = %s, superseded_by = %s"
                    " WHERE ledger_id = %s AND seq = %s",
                    (header.seq, header.refs.get("by"), ledger_id, header.refs["target"]),
                )


def _update_decision(cursor: Cursor, ledger_id: UUID, standing: Standing) -> None:
    changing = [name for name in _STATE if name not in {"seq", "content_hash"}]
    assignments = ", ".join(f"{name} = %s::{_type_of(name)}" for name in changing)
    values = dict(zip(_STATE, decision_row(ledger_id, standing, None)[1:], strict=True))
    cursor.execute(
        f"UPDATE ledger_decision SET {assignments} WHERE ledger_id = %s AND seq = %s",  # noqa: S608  our own constants
        [*(values[name] for name in changing), ledger_id, values["seq"]],
    )


def fresh_row(header: Header, at: datetime, digest: bytes | None) -> tuple[Any, ...]:
    """Return the columns FRESH of a decision just recorded; the others are null.

    The same as the fold of its one entry, without the cost of folding.
    """
    fact = header.facts.get
    return (
        header.seq,
        header.rec,
        at,
        fact("svc"),
        fact("dt"),
        "recorded",
        fact("mp"),
        fact("mn"),
        fact("env"),
        fact("risk"),
        fact("origin"),
        fact("res"),
        fact("content"),
        header.refs.get("parent"),
        header.actor["ty"],
        header.actor["id"],
        header.leaf_hash,
        digest,
        header.seq,
    )


def history_of(cursor: Cursor, ledger_id: UUID, record: str) -> list[Header]:
    """Return the headers of a record in order, without those that were disowned."""
    disowned = disowned_of(cursor, ledger_id)
    leaves = cursor.execute(_HISTORY, (ledger_id, record)).fetchall()
    headers = [read_header(bytes(leaf)) for (leaf,) in leaves]
    return [header for header in headers if header.seq not in disowned]


def standing_of(cursor: Cursor, ledger_id: UUID, record: str) -> Standing | None:
    """Return where a decision stands by its entries, or None if there is no such decision."""
    headers = history_of(cursor, ledger_id, record)
    return fold(headers) if begins(headers) else None


def decision_row(ledger_id: UUID, standing: Standing, digest: bytes | None) -> tuple[Any, ...]:
    """Return the row of `ledger_decision` for a decision that stands like this."""
    values = list(_read_state(state_of(standing, content_hash=digest)))
    for index in _TIMES:
        if values[index] is not None:
            values[index] = datetime.fromisoformat(values[index])
    return (ledger_id, *values)


def correction_rows(
    ledger_id: UUID, standing: Standing, headers: Iterable[Header]
) -> list[tuple[Any, ...]]:
    """Return the rows of `ledger_correction` for a decision's corrections, superseded ones too."""
    facts = standing.recorded.facts
    rows = []
    for header in headers:
        if header.kind != Kind.CORRECTION_ATTACHED.value:
            continue
        entry, by = standing.superseding_of(header.seq) or (None, None)
        rows.append(
            (
                ledger_id,
                header.seq,
                header.refs["correction"],
                header.rec,
                standing.recorded.seq,
                datetime.fromisoformat(header.t),
                facts["svc"],
                facts["dt"],
                header.actor["ty"],
                header.actor["id"],
                header.facts.get("reason"),
                entry,
                by,
            )
        )
    return rows


# --- all of it again ---------------------------------------------------------------------------

_RECORDS = """
SELECT leaf FROM ledger_entry WHERE ledger_id = %s AND rec >= 'dec_' AND rec < 'dec`'
ORDER BY rec COLLATE "C", rn
"""
_HASHED_PARTS = """
SELECT name, content FROM ledger_part WHERE ledger_id = %s AND seq = %s AND name = ANY(%s)
"""


def recompute(raw: Connection, ledger_id: UUID) -> Iterator[Projected]:
    """Yield the rows every decision should have, ascending by id (bytes), in constant memory.

    Runs on a server-side cursor, so `raw` must be inside a transaction.
    """
    with raw.cursor(name="ledger_recompute") as stream, raw.cursor() as cursor:
        disowned = disowned_of(cursor, ledger_id)
        stream.itersize = 1000
        stream.execute(_RECORDS, (ledger_id,))
        headers = (read_header(bytes(leaf)) for (leaf,) in stream)
        kept = (header for header in headers if header.seq not in disowned)
        for _record, group in groupby(kept, key=lambda header: header.rec):
            history = list(group)
            if not begins(history):
                continue
            standing = fold(history)
            digest = recomputed_content_hash(cursor, ledger_id, standing.recorded)
            yield Projected(
                decision_row(ledger_id, standing, digest),
                tuple(correction_rows(ledger_id, standing, history)),
            )


def recomputed_content_hash(cursor: Cursor, ledger_id: UUID, recorded: Header) -> bytes | None:
    """Return the digest of a decision's content from its parts; None if one of them is gone."""
    rows = cursor.execute(_HASHED_PARTS, (ledger_id, recorded.seq, list(content.PARTS))).fetchall()
    named = {part.name for part in recorded.parts} & set(content.PARTS)
    kept = {name: bytes(raw) for name, raw in rows if raw is not None}
    if named != kept.keys():
        return None
    values: dict[str, Any] = dict.fromkeys(content.PARTS)
    values |= {name: content.read_strict(raw) for name, raw in kept.items()}
    facts = recorded.facts
    return content_hash(values | {"service_name": facts["svc"], "decision_type": facts["dt"]})


def rebuild(raw: Connection, ledger_id: UUID) -> int:
    """Write every row of the two read models again and return the number of decisions.

    Runs inside one transaction of the caller, under the append lock, so that no entry is missed.
    """
    with raw.cursor() as writer:
        writer.execute("DELETE FROM ledger_decision WHERE ledger_id = %s", (ledger_id,))
        writer.execute("DELETE FROM ledger_correction WHERE ledger_id = %s", (ledger_id,))
        total = 0
        for chunk in _chunks(recompute(raw, ledger_id), 500):
            insert_rows(writer, "ledger_decision", DECISION, [row.decision for row in chunk])
            corrections = [row for one in chunk for row in one.corrections]
            insert_rows(writer, "ledger_correction", CORRECTION, corrections)
            total += len(chunk)
        return total


def _chunks(rows: Iterator[Projected], size: int) -> Iterator[list[Projected]]:
    chunk: list[Projected] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == size:
            yield chunk
            chunk = []
    if chunk:
        yield chunk
