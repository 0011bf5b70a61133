"""How rows get into PostgreSQL: few as one INSERT, many by binary COPY.

Values travel in binary; a text array would cost five times as much. Columns are "name type" pairs.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from psycopg import Cursor

# Below this many rows the set-up of a COPY costs more than it saves.
COPY_FROM_ROWS = 24


def insert_rows(
    cursor: Cursor, table: str, columns: Sequence[str], rows: Sequence[tuple[Any, ...]]
) -> None:
    """Insert these rows in their order; none is no statement at all."""
    if len(rows) >= COPY_FROM_ROWS:
        copy_rows(cursor, table, columns, rows)
    elif rows:
        row = "({})".format(", ".join(f"%b::{column.split()[1]}" for column in columns))
        cursor.execute(
            f"INSERT INTO {table} ({_names(columns)}) VALUES {', '.join([row] * len(rows))}",  # noqa: S608  our own constants
            [value for one in rows for value in one],
        )


def copy_rows(
    cursor: Cursor, table: str, columns: Sequence[str], rows: Iterable[tuple[Any, ...]]
) -> None:
    """Send rows by binary COPY, in constant memory."""
    statement = f"COPY {table} ({_names(columns)}) FROM STDIN (FORMAT binary)"
    with cursor.copy(statement) as copy:
        copy.set_types([column.split()[1] for column in columns])
        for row in rows:
            copy.write_row(row)


def _names(columns: Sequence[str]) -> str:
    return ", ".join(column.split()[0] for column in columns)
