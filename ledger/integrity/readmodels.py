"""Stored read models against the entries they are folds of, in constant memory.

Along the walk each decision's row is compared with its first entry; afterwards, for the decisions
that anything else happened to, with the fold of all their entries. Rows without an entry are
findings too. What cannot be folded because an entry is damaged is left to the walk, which
names the entry.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from itertools import groupby
from typing import Any
from uuid import UUID

import msgspec
from loopgrid_proof import headers
from loopgrid_proof.digests import content_hash, part_digest
from loopgrid_proof.errors import Finding, Findings, finding
from loopgrid_proof.headers import Header
from loopgrid_proof.verify import Row, instant

from ledger import content, projection
from ledger.integrity.rows import Batch
from ledger.integrity.snapshot import Snapshot
from ledger.states import Kind, fold


def _columns(pairs: Iterable[str]) -> tuple[list[str], str]:
    """Return the names, and the list to select; a time no calendar has reads as empty."""
    names, shown = [], []
    for name, kind in (pair.split() for pair in pairs):
        names.append(name)
        inside = f"CASE WHEN {name} > '0001-01-02' AND {name} < '9999-12-30' THEN {name} END"
        shown.append(inside if kind == "timestamptz" else name)
    return names, ", ".join(shown)


DECISION, _DECISION = _columns(projection.DECISION)
CORRECTION, _CORRECTION = _columns(projection.CORRECTION)
SEQ, ID, HASH = DECISION.index("seq"), DECISION.index("decision_id"), DECISION.index("content_hash")
# What later entries may change; the rest follows from the first entry alone.
_MOVING = frozenset(
    (
        *("status", "verdict", "verdict_seq", "verdict_at", "verdict_type", "verdict_by"),
        *("reason_code", "severity", "flag_seq", "flagged_at", "reason_seq"),
        *("correction_seq", "correction_id", "corrections", "newest_seq"),
    )
)
# Reads what recording accepted to the same values as its strict reader, four times as fast.
_read_json = msgspec.json.Decoder().decode
_NOTHING_HAPPENED = (None,) * 12
_FRESH = "status = 'recorded' AND corrections = 0 AND newest_seq = seq AND " + " AND ".join(
    f"{name} IS NULL" for name in sorted(_MOVING - {"status", "corrections", "newest_seq"})
)
_ROWS = f"""
SELECT {_DECISION} FROM ledger_decision
WHERE ledger_id = %s AND seq > %s AND seq <= %s ORDER BY seq
"""  # noqa: S608  our own constants
_DOMAIN = f"""
SELECT rec FROM ledger_entry WHERE ledger_id = %(ledger)s AND rn > 0 AND seq >= %(begin)s
  AND rec >= 'dec_' AND rec < 'dec`'
UNION SELECT decision_id FROM ledger_decision
  WHERE ledger_id = %(ledger)s AND NOT coalesce({_FRESH}, false)
"""  # noqa: S608  our own constants
_LEAVES = f"""
SELECT leaf FROM ledger_entry WHERE ledger_id = %(ledger)s AND rec IN ({_DOMAIN})
ORDER BY rec COLLATE "C", seq
"""  # noqa: S608  our own constants
_MOVED = f"""
SELECT {_DECISION} FROM ledger_decision
WHERE ledger_id = %(ledger)s AND decision_id IN ({_DOMAIN}) ORDER BY decision_id COLLATE "C"
"""  # noqa: S608  our own constants
_CORRECTIONS = f"""
SELECT {_CORRECTION} FROM ledger_correction
WHERE ledger_id = %(ledger)s AND (%(begin)s <= 0 OR decision_id IN ({_DOMAIN}))
ORDER BY decision_id COLLATE "C", seq
"""  # noqa: S608  our own constants


class FirstEntries:
    """Compares each decision's row with the entry that recorded it, batch by batch."""

    def __init__(self, moment: Snapshot, ledger_id: UUID) -> None:
        self._moment, self._ledger_id = moment, ledger_id
        self._recorded: list[tuple[Header, Row]] = []
        self.findings = Findings()

    def observe(self, header: Header, row: Row) -> None:
        """Keep a decision's first entry until its batch is over."""
        if header.kind == Kind.RECORDED.value:
            self._recorded.append((header, row))

    def settle(self, batch: Batch) -> None:
        """Compare what the batch recorded with the rows stored under its numbers."""
        values = (self._ledger_id, batch.after, batch.upto)
        stored = {row[SEQ]: row for row in self._moment.ask(_ROWS, values)}
        for header, row in self._recorded:
            found = self._compare(header, row, stored.pop(header.seq, None))
            if found is not None:
                self.findings.add(found)
        for seq in stored:
            detail = "A row shows a decision that was not recorded here."
            self.findings.add(finding("E_PROJECTION", detail, seq=seq))
        self._recorded = []

    def _compare(self, header: Header, row: Row, stored: tuple[Any, ...] | None) -> Finding | None:
        if stored is None:
            return finding("E_PROJECTION", "The decision has no row.", seq=header.seq)
        digest = _content_hash(header, row)
        if stored == fresh_row(self._ledger_id, header, digest):
            return None
        expected = projection.decision_row(self._ledger_id, fold([header]), digest)
        wrong = _differences(DECISION, expected, stored)
        wrong = [name for name in wrong if name not in _MOVING]
        if wrong == ["content_hash"] and not _parts_match(header, row):
            return None  # the part is what was altered, and is named as such
        return _differs(header.seq, wrong)


def fresh_row(ledger_id: UUID, header: Header, digest: bytes | None) -> tuple[Any, ...]:
    """Return the row of a decision to which nothing happened, as `decision_row` does in full."""
    fact = header.facts.get
    return (
        *(ledger_id, header.seq, header.rec, instant(header.t), fact("svc"), fact("dt")),
        *("recorded", fact("mp"), fact("mn"), fact("env"), fact("risk"), fact("origin")),
        *(fact("res"), fact("content"), header.refs.get("parent")),
        *(header.actor["ty"], header.actor["id"], header.leaf_hash, digest),
        *_NOTHING_HAPPENED,
        *(0, header.seq),
    )


def check_folds(
    moment: Snapshot, ledger_id: UUID, *, begin: int = 0, disowned: Iterable[int] = ()
) -> Iterator[Finding]:
    """Yield where the row of a decision, or of a correction, is not the fold of its entries.

    With `begin`, only decisions that an entry from there on is about, or whose row says that
    something happened to them. `disowned` entries are not folded.
    """
    left_out = frozenset(disowned)
    values = {"ledger": ledger_id, "begin": begin}
    rows = _ById(moment.stream("ledger_moved", _MOVED, values), ID)
    corrections = _ById(
        moment.stream("ledger_corrections", _CORRECTIONS, values),
        CORRECTION.index("decision_id"),
    )
    leaves = moment.stream("ledger_folds", _LEAVES, values)
    read = ((headers.readable(leaf or b"") if leaf else None) for (leaf,) in leaves)
    for record, group in groupby(read, key=lambda header: header.rec if header else None):
        kept = (one for one in group if one is not None and one.seq not in left_out)
        history = sorted(kept, key=lambda one: one.seq)
        if record is not None and history:
            found = _check_record(ledger_id, history, rows, corrections)
            yield from (one for one in found if one is not None)
    for row in (*rows.rest(), *corrections.rest()):
        yield finding("E_PROJECTION", "A row has no entry that it could come from.", seq=row[1])


def _check_record(
    ledger_id: UUID, history: list[Header], rows: _ById, corrections: _ById
) -> Iterator[Finding | None]:
    record = history[0].rec or ""
    stored, stray = rows.take(record)
    kept, stray_corrections = corrections.take(record)
    for row in (*stray, *stray_corrections):
        yield finding("E_PROJECTION", "A row has no entry that it could come from.", seq=row[1])
    if history[0].kind != Kind.RECORDED.value:
        return
    standing = fold(history)
    digest = stored[0][HASH] if stored else None
    expected = projection.decision_row(ledger_id, standing, digest)
    if stored and stored[0] != expected:
        yield _differs(history[0].seq, _differences(DECISION, expected, stored[0]))
    wanted = {row[1]: row for row in projection.correction_rows(ledger_id, standing, history)}
    for row in kept:
        right = wanted.pop(row[1], None)
        if right is None:
            yield finding("E_PROJECTION", "A correction's row has no entry.", seq=row[1])
        elif right != row:
            yield _differs(row[1], _differences(CORRECTION, right, row))
    for seq in wanted:
        yield finding("E_PROJECTION", "The correction has no row.", seq=seq)


class _ById:
    """A stream of rows in the order of one text column, taken group by group."""

    def __init__(self, rows: Iterator[tuple[Any, ...]], column: int) -> None:
        self._rows, self._column = rows, column
        self._next = next(rows, None)

    def take(self, wanted: str) -> tuple[list[tuple[Any, ...]], list[tuple[Any, ...]]]:
        """Return the rows of `wanted`, and those before it that nobody asked for."""
        found: list[tuple[Any, ...]] = []
        passed: list[tuple[Any, ...]] = []
        goal = wanted.encode()
        while self._next is not None and (self._next[self._column] or "").encode() <= goal:
            same = self._next[self._column] == wanted
            (found if same else passed).append(self._next)
            self._next = next(self._rows, None)
        return found, passed

    def rest(self) -> Iterator[tuple[Any, ...]]:
        """Yield what is left."""
        while self._next is not None:
            yield self._next
            self._next = next(self._rows, None)


def _differences(names: list[str], right: tuple[Any, ...], stored: tuple[Any, ...]) -> list[str]:
    return [name for name, a, b in zip(names, right, stored, strict=True) if a != b]


def _differs(seq: int, names: list[str]) -> Finding | None:
    if not names:
        return None
    return finding("E_PROJECTION", f"{names[0]} is not what the entries say.", seq=seq)


def _content_hash(header: Header, row: Row) -> bytes | None:
    named = {part.name for part in header.parts} & set(content.PARTS)
    values: dict[str, Any] = dict.fromkeys(content.PARTS)
    for part in row.parts or ():
        if part.name in named and part.content is not None:
            try:
                values[part.name] = _read_json(part.content)
            except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
                return None
            named.discard(part.name)
    if named:
        return None
    facts = header.facts
    return content_hash(values | {"service_name": facts["svc"], "decision_type": facts["dt"]})


def _parts_match(header: Header, row: Row) -> bool:
    stored = {part.name: part for part in row.parts or ()}
    for ref in header.parts:
        part = stored.get(ref.name)
        if part is None or part.content is None or len(part.salt or b"") != len(ref.digest):
            return False
        if part_digest(part.salt or b"", part.content) != ref.digest:
            return False
    return True
