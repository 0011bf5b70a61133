"""Stored entries and their parts as the walk is fed them, in order and in bounded memory.

Whatever a row holds reaches the walk: a number outside every range, an empty column, a time that no
calendar has. Nothing here judges; what has no entry to go with is handed over as stray.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from django.conf import settings
from loopgrid_proof.errors import Finding, finding
from loopgrid_proof.verify import Columns, PartRow, Row

from ledger.append.placing import ADMISSION
from ledger.integrity.snapshot import Snapshot

BATCH_ROWS = 1000
# Fed to the walk as soon as this much content is waiting; one entry may be larger.
BATCH_BYTES = 4 * 1024 * 1024
# Up to here an answer is faster than a stream, and no answer may be larger.
AT_ONCE_BYTES = 16 * 1024 * 1024

# A time outside the calendar cannot be read at all; as an empty column it is a copy that differs.
_ENTRIES = """
SELECT seq, leaf, leaf_hash, prev_hash, kind,
  CASE WHEN t > '0001-01-02' AND t < '9999-12-30' THEN t END,
  rec, rn, src_id, src_n, CASE WHEN seq >= %(unsealed)s THEN mac END, mac_key
FROM ledger_entry WHERE ledger_id = %(ledger)s AND seq > %(after)s AND seq < %(end)s
ORDER BY seq LIMIT %(limit)s
"""
_PART_TYPES = ("int8", "text", "bytea", "text", "text", "text", "bytea", "bytea", "int8")
_PARTS = """
SELECT seq, name, digest, class, media, state, salt, content, erased_seq
FROM ledger_part WHERE ledger_id = %(ledger)s AND seq > %(after)s AND seq <= %(upto)s
ORDER BY seq, name
"""
# Knows the length of content without reading it.
_SIZE = """
SELECT coalesce(sum(octet_length(content)), 0)::int8
FROM ledger_part WHERE ledger_id = %(ledger)s AND seq > %(after)s AND seq <= %(upto)s
"""
LOWEST, HIGHEST = -(2**63), 2**63 - 1


@dataclass(frozen=True, slots=True)
class Stretch:
    """Consecutive stored entries of one ledger: numbers above `after` and below `end`.

    From entry `unsealed` on no checkpoint vouches for an entry; its admission mac is looked at.
    """

    ledger_id: UUID
    after: int = LOWEST
    end: int = HIGHEST
    unsealed: int = 0


@dataclass(frozen=True, slots=True)
class Batch:
    """Rows to feed, with the numbers (`after`, `upto`] they were stored under."""

    rows: list[Row]
    after: int
    upto: int


Report = Callable[[Finding], None]


def batches(moment: Snapshot, stretch: Stretch, *, report: Report) -> Iterator[Batch]:
    """Yield all entries of the stretch with their parts; `report` gets what the walk cannot see."""
    after = stretch.after
    while True:
        entries = _entries(moment, stretch, after)
        upto = entries[-1][0] if len(entries) == BATCH_ROWS else stretch.end - 1
        parts = _parts(moment, stretch, after, upto)
        yield from _joined(entries, parts, after=after, upto=upto, report=report)
        if len(entries) < BATCH_ROWS:
            return
        after = upto


def _entries(moment: Snapshot, stretch: Stretch, after: int) -> list[tuple[Any, ...]]:
    values = {
        "ledger": stretch.ledger_id,
        "after": after,
        "end": stretch.end,
        "unsealed": stretch.unsealed,
        "limit": BATCH_ROWS,
    }
    return moment.ask(_ENTRIES, values)


def _parts(moment: Snapshot, stretch: Stretch, after: int, upto: int) -> Iterator[tuple[Any, ...]]:
    """Return the parts of a batch: in one answer if they are small, else one by one."""
    values = {"ledger": stretch.ledger_id, "after": after, "upto": upto}
    size = moment.ask(_SIZE, values)[0][0]
    if size <= AT_ONCE_BYTES:
        return iter(moment.ask(_PARTS, values))
    return moment.copy_rows(_PARTS, values, _PART_TYPES)


def _joined(
    entries: list[tuple[Any, ...]],
    stored: Iterator[tuple[Any, ...]],
    *,
    after: int,
    upto: int,
    report: Report,
) -> Iterator[Batch]:
    """Join entries and parts, both in order, and cut when enough content waits."""
    part = next(stored, None)
    rows: list[Row] = []
    waiting, begin = 0, after
    for entry in entries:
        seq = entry[0]
        parts = []
        while part is not None and part[0] <= seq:
            if part[0] < seq:
                report(_stray(part))
            else:
                parts.append(PartRow(*part[1:]))
                waiting += len(part[7] or b"")
            part = next(stored, None)
        rows.append(_row(entry, parts, report))
        if waiting >= BATCH_BYTES:
            yield Batch(rows, begin, seq)
            rows, waiting, begin = [], 0, seq
    while part is not None:
        report(_stray(part))
        part = next(stored, None)
    yield Batch(rows, begin, upto)


def _row(entry: tuple[Any, ...], parts: list[PartRow], report: Report) -> Row:
    mac, number = entry[10], entry[11]
    leaf = entry[1] or b""
    if mac is not None and not is_admitted(leaf, mac, number):
        detail = "Its admission mac is not the application's: something else wrote this entry."
        report(finding("E_COLUMN", detail, seq=entry[0], damage="inserted"))
    return Row(leaf, Columns(entry[0], *entry[2:10]), parts)


def is_admitted(leaf: bytes, mac: bytes, number: int) -> bool:
    """Say whether the application wrote this leaf; a key that is not known here cannot say no."""
    key = settings.ADMISSION_KEYS.get(number)
    return key is None or hmac.compare_digest(mac, hmac.digest(key, ADMISSION + leaf, "sha256"))


def _stray(part: tuple[Any, ...]) -> Finding:
    detail = f"A part {part[1]} is stored of an entry that is not there."
    return finding("E_COLUMN", detail, seq=part[0])
