"""Reading what is new in a ledger and checking it like a stranger, before anything is signed.

Only entries the notary has not seen are read, never an earlier one; of the last one it signed, only
the hash is compared. The first fault ends the reading with the alarm that names it.
"""

from __future__ import annotations

import hmac
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.db import connection
from loopgrid_proof.digests import leaf_hash
from loopgrid_proof.errors import Fault
from loopgrid_proof.headers import Header, Previous, check_follows, read_header

from ledger.notary.errors import Refused
from ledger.notary.memory import Head, KeyUse, State, Tombstone
from ledger.queries import LedgerRef

Clock = Callable[[], datetime]

# What the appender computes over each leaf (docs/format.md, "Admission").
ADMISSION = b"loopgrid.admission/v1\n"
MAX_AHEAD = timedelta(seconds=10)
CHUNK = 4096
TOMBSTONES = frozenset({"payload.erased", "retention.purged"})

_TIPS = """
SELECT l.ledger_id, l.workspace_id, l.origin, l.state, e.seq, e.leaf_hash, e.t
FROM ledger_ledger l LEFT JOIN LATERAL (
  SELECT seq, leaf_hash, t FROM ledger_entry WHERE ledger_id = l.ledger_id ORDER BY seq DESC LIMIT 1
) e ON true
"""
_ROWS = """
SELECT seq, leaf, leaf_hash, mac, mac_key FROM ledger_entry
WHERE ledger_id = %s AND seq >= %s AND seq < %s ORDER BY seq
"""


@dataclass(frozen=True, slots=True)
class Tip:
    """Where a ledger ends in the database: its size, and its last entry if there is one."""

    ledger: LedgerRef
    is_open: bool
    size: int
    last_hash: bytes | None
    last_at: datetime | None


@dataclass(frozen=True, slots=True)
class EntryRow:
    """One entry as stored, with what the notary looks at beside the leaf."""

    seq: int
    leaf: bytes
    leaf_hash: bytes
    mac: bytes
    mac_key: int


@dataclass(frozen=True, slots=True)
class Suffix:
    """The new entries, found sound: the tree that they lead to, and what they say to the notary."""

    head: Head
    keys: tuple[KeyUse, ...]
    tombstones: tuple[Tombstone, ...]
    heartbeat_seconds: int | None


@dataclass(frozen=True, slots=True)
class Admission:
    """How entries are known as ours: the admission keys, and rows a person has answered for.

    With `everything`, no mac is asked for: of entries that a signed checkpoint covers already.
    """

    keys: Mapping[int, bytes]
    disowned: Collection[int] = ()
    everything: bool = False

    def knows(self, row: EntryRow) -> bool:
        """Whether the row's mac is that of a known admission key over its leaf."""
        key = self.keys.get(row.mac_key)
        if self.everything or row.seq in self.disowned:
            return True
        return key is not None and hmac.compare_digest(
            hmac.digest(key, ADMISSION + row.leaf, "sha256"), row.mac
        )


def read_tips() -> list[Tip]:
    """Return the end of every ledger of the database, in one query."""
    with connection.cursor() as cursor:
        cursor.execute(_TIPS)
        return [_tip(row) for row in cursor.fetchall()]


def _tip(row: Sequence[Any]) -> Tip:
    ledger_id, workspace_id, origin, state, seq, last_hash, at = row
    last = None if last_hash is None else bytes(last_hash)
    size = 0 if seq is None else seq + 1
    return Tip(LedgerRef(ledger_id, workspace_id, origin), state == "open", size, last, at)


def rows_between(ledger: LedgerRef, begin: int, end: int) -> Iterator[EntryRow]:
    """Yield entries [begin, end) in order, as far as they exist, in constant memory."""
    for start in range(begin, end, CHUNK):
        with connection.cursor() as cursor:
            cursor.execute(_ROWS, (ledger.ledger_id, start, min(start + CHUNK, end)))
            found = cursor.fetchall()
        for seq, leaf, stored, mac, mac_key in found:
            yield EntryRow(seq, bytes(leaf), bytes(stored), bytes(mac), mac_key)


def check_last(ledger: LedgerRef, head: Head) -> None:
    """Raise Refused(N_TAIL_CHANGED) if the newest entry that was signed is another one."""
    if head.size == 0:
        return
    row = next(rows_between(ledger, head.size - 1, head.size), None)
    if row is None or head.last_hash not in {row.leaf_hash} & {leaf_hash(row.leaf)}:
        raise Refused("N_TAIL_CHANGED", f"Entry #{head.size - 1} is not the one that was signed.")


def read_suffix(
    ledger: LedgerRef, state: State, *, end: int, admission: Admission, clock: Clock
) -> Suffix:
    """Return entries [head.size, end) once each of them was checked.

    Refused(N_ENTRY) for bytes, link, number or registry; N_CLOCK for an entry from the future;
    N_ADMISSION, last of all, for one that nobody with an admission key wrote.
    """
    reader = _Reader(ledger, state)
    for row in rows_between(ledger, state.head.size, end):
        header = reader.take(row)
        _check_time(header, clock())
        if not admission.knows(row):
            raise Refused("N_ADMISSION", f"Entry #{row.seq} has no valid mac of admission.")
    return reader.result(end)


def reread_suffix(ledger: LedgerRef, state: State) -> Suffix:
    """Return the entries of the intent again after a crash, if they are the same bytes.

    They were checked before the intent was written, so the root decides alone: any other root is
    Refused(N_SUFFIX_CHANGED).
    """
    assert state.intent is not None
    tree = state.head.compact_range()
    tree.extend(
        leaf_hash(row.leaf) for row in rows_between(ledger, state.head.size, state.intent.size)
    )
    if (tree.end, tree.root()) != (state.intent.size, state.intent.root):
        raise Refused("N_SUFFIX_CHANGED", "The entries about to be signed changed after a crash.")
    reader = _Reader(ledger, state)
    for row in rows_between(ledger, state.head.size, state.intent.size):
        reader.take(row)
    return reader.result(state.intent.size)


def foreign_entries(
    ledger: LedgerRef, state: State, *, end: int, admission: Admission
) -> list[int]:
    """Return the numbers of the unsigned entries whose mac is not ours; all else must be sound."""
    reader, found = _Reader(ledger, state), []
    for row in rows_between(ledger, state.head.size, end):
        reader.take(row)
        if not admission.knows(row):
            found.append(row.seq)
    return found


def unsigned_keys(ledger: LedgerRef, *, begin: int) -> set[str]:
    """Return the verifier keys that entries from `begin` on add."""
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT leaf FROM ledger_entry WHERE ledger_id = %s AND kind = 'key.added'"
            " AND rec IS NULL AND seq >= %s",
            (ledger.ledger_id, begin),
        )
        leaves = [bytes(leaf) for (leaf,) in cursor.fetchall()]
    found = set()
    for leaf in leaves:
        try:
            found.add(str(read_header(leaf).refs.get("vkey")))
        except Fault:
            # A damaged entry adds no key; the reading that follows says what is wrong with it.
            continue
    return found


def flush() -> None:
    """Return once the database has on disk what was read: no crash can take it away."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_logical_emit_message(true, 'loopgrid', '')")


class _Reader:
    """Takes entries in order and keeps the tree and the few facts that concern the notary."""

    def __init__(self, ledger: LedgerRef, state: State) -> None:
        head = state.head
        self.origin, self.tree = ledger.origin, head.compact_range()
        self.keys, self.heartbeat_seconds = list(state.keys), state.heartbeat_seconds
        self.tombstones: list[Tombstone] = []
        self.previous: Previous | None = None
        if head.last_hash is not None and head.last_t is not None:
            self.previous = Previous(head.size - 1, head.last_hash, head.last_t)

    def take(self, row: EntryRow) -> Header:
        try:
            header = check_follows(row.leaf, log=self.origin, previous=self.previous)
        except Fault as fault:
            raise Refused("N_ENTRY", f"Entry #{row.seq}: {fault}") from fault
        if (row.seq, row.leaf_hash) != (header.seq, header.leaf_hash):
            raise Refused("N_ENTRY", f"Entry #{row.seq} does not agree with its own columns.")
        self.previous = header.as_previous
        self.tree.append(header.leaf_hash)
        self._note_facts(header)
        return header

    def _note_facts(self, header: Header) -> None:
        match header.kind:
            case "key.added":
                self.keys.append(KeyUse(header.refs["vkey"], header.seq))
            case "key.retired":
                self.keys = [_retire(use, header) for use in self.keys]
            case "ledger.genesis":
                self.heartbeat_seconds = header.facts["hb"]
            case "settings.changed" if "hb" in header.facts:
                self.heartbeat_seconds = header.facts["hb"]
            case kind if kind in TOMBSTONES:
                self.tombstones.append(Tombstone(header.seq, tuple(header.refs["parts"])))
            case _:
                pass

    def result(self, end: int) -> Suffix:
        if self.previous is None or self.tree.end != end:
            raise Refused("N_ENTRY", f"Entry #{self.tree.end} is missing.")
        last, t = self.previous.leaf_hash, self.previous.t
        head = Head(end, self.tree.root(), self.tree.hashes, last, t)
        return Suffix(head, tuple(self.keys), tuple(self.tombstones), self.heartbeat_seconds)


def _retire(use: KeyUse, header: Header) -> KeyUse:
    if use.vkey != header.refs["vkey"] or use.retired is not None:
        return use
    return KeyUse(use.vkey, use.added, header.seq)


def _check_time(header: Header, now: datetime) -> None:
    ahead = (now + MAX_AHEAD).astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if header.t > ahead:
        raise Refused(
            "N_CLOCK", f"Entry #{header.seq} is more than 10 s ahead of the notary's clock."
        )
