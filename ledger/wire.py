"""The shortest road to PostgreSQL, for the append path alone.

A script of several statements travels as one message, and one prepared statement stores what a
whole group of requests leaves; rows travel as binary arrays. Under load the driver's bookkeeping
would cost more than the statements themselves. Both calls block in libpq without holding Python's
lock, and raise psycopg's own errors.
"""

from __future__ import annotations

import select
import struct
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import psycopg
from psycopg import pq

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.pq.abc import PGconn, PGresult

_FAILED = frozenset({pq.ExecStatus.FATAL_ERROR, pq.ExecStatus.BAD_RESPONSE})
_EPOCH = datetime(2000, 1, 1, tzinfo=UTC)
_UNIX = datetime(1970, 1, 1, tzinfo=UTC)
_MICROSECOND = timedelta(microseconds=1)
_NULL = b"\xff\xff\xff\xff"
_ARRAY = struct.Struct("!iiIii")
_LENGTH = struct.Struct("!i")
_INT8 = struct.Struct("!iq")
_INT2 = struct.Struct("!ih")

BYTEA, INT8, INT2, TEXT, TIMESTAMPTZ = 17, 20, 21, 25, 1184


def run_script(raw: Connection, script: str) -> list[PGresult]:
    """Run statements that carry their own values, in one message; return a result for each.

    The first statement that fails ends the script and its error is raised.
    """
    connection = raw.pgconn
    connection.send_query(script.encode())
    while connection.flush():
        _await(connection, select.POLLIN | select.POLLOUT)
    results, failed = [], None
    while (result := _next_result(connection)) is not None:
        if result.status in _FAILED:
            failed = failed or result
        results.append(result)
    if failed is not None:
        raise psycopg.errors.error_from_result(failed)
    return results


def _next_result(connection: PGconn) -> PGresult | None:
    # Asking libpq for a result that is not there yet would block with Python's lock held, and the
    # thread that holds the append lock could not go on.
    while connection.is_busy():
        _await(connection, select.POLLIN)
        connection.consume_input()
    return connection.get_result()


def _await(connection: PGconn, events: int) -> None:
    poll = select.poll()
    poll.register(connection.socket, events)
    poll.poll()


def literal(raw: Connection, value: str | bytes) -> str:
    """Return a text or bytes as an SQL literal, quoted by libpq for this connection."""
    if isinstance(value, bytes):
        return f"'\\x{value.hex()}'::bytea"
    return pq.Escaping(raw.pgconn).escape_literal(value.encode()).decode()


def moment(microseconds: bytes) -> datetime:
    """Return the time that a count of microseconds since 1970 names."""
    return _UNIX + int(microseconds) * _MICROSECOND


@dataclass(frozen=True, slots=True)
class Statement:
    """A statement prepared once per connection; its parameters are binary."""

    name: bytes
    sql: bytes
    _ready: WeakKeyDictionary[Connection, bool] = field(default_factory=WeakKeyDictionary)

    def run(self, raw: Connection, values: Sequence[bytes]) -> None:
        """Run the statement with these binary values. Raises psycopg's errors."""
        connection = raw.pgconn
        if raw not in self._ready:
            _raise_for(connection.prepare(self.name, self.sql))
            self._ready[raw] = True
        _raise_for(connection.exec_prepared(self.name, values, [pq.Format.BINARY] * len(values)))


def _raise_for(result: PGresult) -> None:
    if result.status in _FAILED:
        raise psycopg.errors.error_from_result(result)


def _array(element: int, items: Sequence[bytes]) -> bytes:
    """Return a one-dimensional array whose items already carry their length."""
    return _ARRAY.pack(1, 1, element, len(items), 1) + b"".join(items)


def int8_array(values: Iterable[int | None]) -> bytes:
    """Return a bigint[] parameter."""
    return _array(INT8, [_NULL if v is None else _INT8.pack(8, v) for v in values])


def int2_array(values: Iterable[int]) -> bytes:
    """Return a smallint[] parameter."""
    return _array(INT2, [_INT2.pack(2, v) for v in values])


def text_array(values: Iterable[str | None]) -> bytes:
    """Return a text[] parameter."""
    return _array(TEXT, [_NULL if v is None else _sized(v.encode()) for v in values])


def bytea_array(values: Iterable[bytes | None]) -> bytes:
    """Return a bytea[] parameter."""
    return _array(BYTEA, [_NULL if v is None else _sized(v) for v in values])


def time_array(values: Iterable[datetime]) -> bytes:
    """Return a timestamptz[] parameter."""
    return _array(TIMESTAMPTZ, [_INT8.pack(8, (v - _EPOCH) // _MICROSECOND) for v in values])


def _sized(value: bytes) -> bytes:
    return _LENGTH.pack(len(value)) + value
