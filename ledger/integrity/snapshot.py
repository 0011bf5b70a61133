"""One moment of the database, seen through two connections.

A COPY keeps its connection busy until its last row, and the walk looks things up in the meantime.
Both connections see the same snapshot, and both are read-only.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

import psycopg
from django.db import connection
from psycopg import sql

if TYPE_CHECKING:
    from psycopg import Connection

Values = Sequence[Any] | Mapping[str, Any]

_BEGIN = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY"


@dataclass(frozen=True, slots=True)
class Snapshot:
    """`reader` streams rows, `asker` answers questions meanwhile; `at` is the database's clock.

    `name` is what another process calls it by while it lasts.
    """

    reader: Connection
    asker: Connection
    at: datetime
    name: str

    def copy_rows(
        self, query: str, values: Values, types: Sequence[str]
    ) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of `query`, one at a time, however many there are.

        Nothing else may use `reader` before the last row was taken.
        """
        statement = sql.SQL("COPY ({}) TO STDOUT (FORMAT binary)").format(sql.SQL(query))
        with self.reader.cursor() as cursor, cursor.copy(statement, values) as copy:
            copy.set_types(types)
            yield from copy.rows()

    def ask(self, query: str, values: Values = ()) -> list[tuple[Any, ...]]:
        """Return the rows of a query whose answer is small."""
        return self.asker.execute(query, values, prepare=True, binary=True).fetchall()

    def stream(self, name: str, query: str, values: Values = ()) -> Iterator[tuple[Any, ...]]:
        """Yield the rows of `query` through a server-side cursor; several may be open at once."""
        with self.asker.cursor(name=name, binary=True) as cursor:
            cursor.itersize = 500
            cursor.execute(query, values, binary=True)
            yield from cursor


@contextmanager
def snapshot(*, of: str | None = None) -> Iterator[Snapshot]:
    """Fix a moment of the committed database, or join the one named `of`; see nothing later.

    The driver's errors are raised as Django's, which name a passing trouble to every caller.
    """
    first, second = connection.copy(), connection.copy()
    try:
        with connection.wrap_database_errors:
            for one in (first, second):
                one.ensure_connection()
                # Django binds values on the client, and such cursors cannot answer in binary.
                one.connection.cursor_factory = psycopg.Cursor
            reader, asker = first.connection, second.connection
            name = _begin(reader, of)
            _begin(asker, name)
            (at,) = reader.execute("SELECT clock_timestamp()").fetchone()
            yield Snapshot(reader, asker, at, name)
    finally:
        # Closing ends both transactions, also while a COPY is half read.
        first.close()
        second.close()


def _begin(raw: Connection, name: str | None) -> str:
    """Begin a transaction in the snapshot of this name, or in a fresh one, and return its name."""
    raw.execute(_BEGIN)
    if name is not None:
        raw.execute(sql.SQL("SET TRANSACTION SNAPSHOT {}").format(sql.Literal(name)))
        return name
    row = raw.execute("SELECT pg_export_snapshot()").fetchone()
    assert row is not None
    return str(row[0])
