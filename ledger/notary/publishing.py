"""What the notary shows to others: checkpoints, full tiles, its state, and that it lives."""

from __future__ import annotations

from datetime import datetime
from uuid import UUID

from django.db import connection
from loopgrid_proof.merkle import TILE_HEIGHT

from ledger import serving
from ledger.notary.errors import Refused
from ledger.queries import LedgerRef

_NEWEST = "SELECT max(size) FROM ledger_checkpoint WHERE ledger_id = %s"
_INSERT = """
INSERT INTO ledger_checkpoint (ledger_id, size, note) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""
_STATE = """
INSERT INTO ledger_notary (ledger_id, size, seen_at, alarm, detail) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT (ledger_id) DO UPDATE SET size = excluded.size, seen_at = excluded.seen_at,
  alarm = excluded.alarm, detail = excluded.detail
"""
_TILE = """
INSERT INTO ledger_tile (ledger_id, level, n, hashes, root) VALUES (%s, %s, %s, %s, %s)
ON CONFLICT DO NOTHING
"""
_ALIVE = """
INSERT INTO ledger_heartbeat (name, seen_at) VALUES ('notary', %s)
ON CONFLICT (name) DO UPDATE SET seen_at = excluded.seen_at
"""


def newest_size(ledger_id: UUID) -> int:
    """Return the size of the largest published checkpoint, 0 if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(_NEWEST, (ledger_id,))
        row = cursor.fetchone()
    return (row and row[0]) or 0


def published_note(ledger_id: UUID, size: int) -> bytes | None:
    """Return the published note of this size, None if there is none."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT note FROM ledger_checkpoint WHERE ledger_id = %s AND size = %s",
            (ledger_id, size),
        )
        row = cursor.fetchone()
    return None if row is None else bytes(row[0])


def publish_checkpoint(ledger_id: UUID, size: int, note: bytes) -> None:
    """Let everybody read the note. Refused(N_SPLIT) if another note of this size was published."""
    with connection.cursor() as cursor:
        cursor.execute(_INSERT, (ledger_id, size, note))
    if published_note(ledger_id, size) != note:
        raise Refused("N_SPLIT", f"Another checkpoint of size {size} was published.")


def write_tiles(ledger: LedgerRef, size: int, *, most: int) -> int:
    """Write up to `most` full tiles that are missing below `size`; return how many were written.

    Tiles are a cache: what is not written this time is written next time, or computed when asked
    for.
    """
    written = 0
    for level in range((size.bit_length() - 1) // TILE_HEIGHT):
        have, want = _tiles_written(ledger, level), size >> (TILE_HEIGHT * (level + 1))
        until = min(want, have + most - written)
        for index in range(have, until):
            hashes, root = serving.build_tile(ledger, level, index)
            with connection.cursor() as cursor:
                cursor.execute(_TILE, (ledger.ledger_id, level, index, hashes, root))
        written += until - have
        if until < want:
            # The level above is made of these; it waits for them.
            break
    return written


def _tiles_written(ledger: LedgerRef, level: int) -> int:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT max(n) FROM ledger_tile WHERE ledger_id = %s AND level = %s",
            (ledger.ledger_id, level),
        )
        row = cursor.fetchone()
    return 0 if row is None or row[0] is None else row[0] + 1


def report_state(ledger_id: UUID, *, size: int | None, alarm: Refused | None, at: datetime) -> None:
    """Say how far the ledger is signed, and what keeps the notary from signing on, if anything."""
    code, detail = (None, None) if alarm is None else (alarm.code, alarm.detail)
    with connection.cursor() as cursor:
        cursor.execute(_STATE, (ledger_id, size, at, code, detail))


def report_alive(*, at: datetime) -> None:
    """Say that the process lives, for the readiness page."""
    with connection.cursor() as cursor:
        cursor.execute(_ALIVE, (at,))
