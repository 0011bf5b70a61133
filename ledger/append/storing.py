"""How entries, their parts and their decisions get into PostgreSQL: by one statement.

Its parameters are one array per column, so the same prepared statement serves one decision and a
thousand.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from operator import attrgetter
from typing import TYPE_CHECKING, Any
from uuid import UUID

from ledger import projection, wire
from ledger.append.placing import Appended
from ledger.idempotency import Done
from ledger.states import Kind

if TYPE_CHECKING:
    from psycopg import Connection

_Encode = Callable[[Sequence[Any]], bytes]
_ENCODE: dict[str, _Encode] = {
    "int8": wire.int8_array,
    "int2": wire.int2_array,
    "text": wire.text_array,
    "bytea": wire.bytea_array,
    "timestamptz": wire.time_array,
}
ENTRY = (
    ("seq", "int8"),
    ("leaf", "bytea"),
    ("leaf_hash", "bytea"),
    ("prev_hash", "bytea"),
    ("kind", "text"),
    ("t", "timestamptz"),
    ("rec", "text"),
    ("rn", "int8"),
    ("src_id", "text"),
    ("src_n", "int8"),
    ("mac", "bytea"),
    ("mac_key", "int2"),
)
PART = (
    ("seq", "int8"),
    ("name", "text"),
    ("digest", "bytea"),
    ("class", "text"),
    ("media", "text"),
    ("salt", "bytea"),
    ("content", "bytea"),
)
DONE = (("actor", "text"), ("key", "text"), ("seq", "int8"), ("result", "text"))
_Columns = Sequence[tuple[str, str]]


_EVIDENCE: Mapping[str, _Columns] = {"ledger_entry": ENTRY, "ledger_part": PART}


def _statement() -> bytes:
    texts, number = _inserts({**_EVIDENCE, "ledger_decision": projection.FRESH})
    source, _number = _unnest(DONE, number)
    texts.append(
        f"key_done AS (UPDATE ledger_idempotency AS kept SET seq = done.seq, result = done.result"  # noqa: S608
        f" FROM {source} AS done (actor, key, seq, result) WHERE kept.ledger_id = $1"
        f" AND kept.actor = done.actor AND kept.key = done.key)"
    )
    return f"WITH {', '.join(texts)} SELECT 1".encode()


def _statement_of_evidence() -> bytes:
    return f"WITH {', '.join(_inserts(_EVIDENCE)[0])} SELECT 1".encode()


def _inserts(tables: Mapping[str, _Columns]) -> tuple[list[str], int]:
    number = 1
    texts = []
    for name, columns in tables.items():
        source, number = _unnest(columns, number)
        names = ", ".join(column for column, _type in columns)
        texts.append(
            f"{name}_added AS (INSERT INTO {name} (ledger_id, {names})"  # noqa: S608  our own constants
            f" SELECT $1::uuid, * FROM {source})"
        )
    return texts, number


def _unnest(columns: _Columns, number: int) -> tuple[str, int]:
    after = number + len(columns)
    arrays = ", ".join(
        f"${place}::{kind}[]"
        for place, (_name, kind) in zip(range(number + 1, after + 1), columns, strict=True)
    )
    return f"unnest({arrays})", after


_STORE = wire.Statement(b"loopgrid_store", _statement())
# The notary's own role writes entries and parts alone; the statement above would be refused to it.
_STORE_EVIDENCE = wire.Statement(b"loopgrid_store_evidence", _statement_of_evidence())
_entry_values = attrgetter("seq", "leaf", "leaf_hash", "prev", "kind", "rec", "rn")


def store(
    raw: Connection, ledger_id: UUID, appended: Sequence[Appended], done: Sequence[Done] = ()
) -> None:
    """Insert entries and parts, the rows of fresh decisions, and complete idempotency keys."""
    recorded = [item for item in appended if item.header.kind == Kind.RECORDED.value]
    fresh = [projection.fresh_row(item.header, item.at, item.content_hash) for item in recorded]
    values: list[bytes] = [ledger_id.bytes]
    values += _encoded(ENTRY, [_entry_row(item) for item in appended])
    values += _encoded(PART, [row for item in appended for row in _part_rows(item)])
    if not fresh and not done:
        _STORE_EVIDENCE.run(raw, values)
        return
    values += _encoded(projection.FRESH, fresh)
    values += _encoded(
        DONE, [(one.claim.actor, one.claim.key, one.seq, one.result) for one in done]
    )
    _STORE.run(raw, values)


def _entry_row(item: Appended) -> tuple[Any, ...]:
    header = item.header
    seq, leaf, leaf_hash, prev, kind, rec, rn = _entry_values(header)
    src_id, src_n = header.src or (None, None)
    return (
        seq, leaf, leaf_hash, prev, kind, item.at, rec, rn, src_id, src_n, item.mac, item.mac_key
    )  # fmt: skip


def _part_rows(item: Appended) -> list[tuple[Any, ...]]:
    seq = item.header.seq
    return [
        (seq, ref.name, ref.digest, ref.cls, ref.media, part.salt, part.content)
        for part in item.parts
        for ref in (part.ref,)
    ]


def _encoded(columns: _Columns, rows: Sequence[tuple[Any, ...]]) -> list[bytes]:
    by_column: Sequence[Sequence[Any]] = list(zip(*rows, strict=True)) or [()] * len(columns)
    return [_ENCODE[kind](values) for (_name, kind), values in zip(columns, by_column, strict=True)]
