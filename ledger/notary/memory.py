"""What the notary remembers of a ledger, in files outside PostgreSQL and its backups.

    <folder>/<hex SHA-256 of the origin>/state             head, intent, keys: canonical JSON
                                        /checkpoints.log   every note it ever released
                                        /erasures.log      seq and digests of every sealed tombstone

The logs grow by records of four bytes of length and that many bytes. `head` is the newest tree that
was signed, `intent` the one that is about to be: after a crash, the same bytes are signed again.
"""

from __future__ import annotations

import hashlib
import json
import platform
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from uuid import UUID

from loopgrid_proof.canonical import canonical_bytes
from loopgrid_proof.digests import EMPTY_ROOT
from loopgrid_proof.merkle import CompactRange

from ledger.notary.disk import Disk
from ledger.notary.errors import Refused
from ledger.queries import LedgerRef

FORMAT = "loopgrid.notary-state/v1"
LENGTH_BYTES = 4
# No note and no entry that erases is as long.
LONGEST_RECORD = 64 * 1024
MACHINE_ID = Path("/etc/machine-id")


@dataclass(frozen=True, slots=True)
class Head:
    """A tree: its size, root and compact range, and where the next entry has to link to.

    `last_hash` and `last_t` are None for the empty tree alone.
    """

    size: int
    root: bytes
    range: tuple[bytes, ...]
    last_hash: bytes | None = None
    last_t: str | None = None

    def compact_range(self) -> CompactRange:
        """Return a range that can grow from here."""
        return CompactRange.from_hashes(self.size, self.range)


EMPTY_HEAD = Head(0, EMPTY_ROOT, ())


@dataclass(frozen=True, slots=True)
class KeyUse:
    """When a verifier key signs: after entry `added`, up to entry `retired` if there is one."""

    vkey: str
    added: int
    retired: int | None = None

    def is_active(self, size: int) -> bool:
        """Whether a checkpoint of this size is to be signed by the key."""
        return self.added < size and (self.retired is None or self.retired >= size)


@dataclass(frozen=True, slots=True)
class Tombstone:
    """A sealed entry that names parts as erased, by their digests."""

    seq: int
    parts: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class State:
    """Everything that decides whether and what the notary signs next.

    `host` is the machine that wrote it, `keys` and `heartbeat_seconds` what the sealed entries say.
    """

    ledger: UUID
    origin: str
    host: str
    head: Head = EMPTY_HEAD
    intent: Head | None = None
    keys: tuple[KeyUse, ...] = ()
    heartbeat_seconds: int | None = None

    def intending(self, intent: Head) -> State:
        """Return the state just before `intent` is signed."""
        return replace(self, intent=intent)

    def promoted(self, *, keys: tuple[KeyUse, ...], heartbeat_seconds: int | None) -> State:
        """Return the state once the intent was signed and logged."""
        assert self.intent is not None
        return replace(
            self, head=self.intent, intent=None, keys=keys, heartbeat_seconds=heartbeat_seconds
        )


class Memory:
    """The files of one ledger. Reading raises Refused(N_STATE) for what cannot be trusted."""

    def __init__(self, root: Path, origin: str, *, disk: Disk) -> None:
        self.folder = root / hashlib.sha256(origin.encode()).hexdigest()
        self.origin, self.disk = origin, disk
        self._state, self.key_path = self.folder / "state", self.folder / "key"
        self._notes, self._erasures = self.folder / "checkpoints.log", self.folder / "erasures.log"
        self._newest: bytes | None = None

    def prepare(self) -> None:
        """Make the folder if there is none."""
        if not self.folder.is_dir():
            self.disk.make_folder(self.folder)

    def read_state(self) -> State | None:
        """Return the state, None if there is none."""
        raw = self.disk.read(self._state)
        if raw is None:
            return None
        state = decode_state(raw)
        if state.origin != self.origin:
            raise Refused("N_STATE", "The state in this folder is of another ledger.")
        return state

    def write_state(self, state: State) -> None:
        """Replace the state; it is on the disk when this returns."""
        self.disk.replace(self._state, encode_state(state))

    def notes(self) -> Iterator[bytes]:
        """Yield every note that was released, oldest first."""
        return (note for note, _end in self._records(self._notes))

    def newest_note(self) -> bytes | None:
        """Return the note that was released last, None if none was."""
        if self._newest is None:
            self._newest = next(iter(deque(self.notes(), maxlen=1)), None)
        return self._newest

    def log_note(self, note: bytes) -> None:
        """Add a note, unless it is the last one already."""
        if self.newest_note() != note:
            self.disk.append(self._notes, _record(note))
            self._newest = note

    def log_erasures(self, tombstones: Sequence[Tombstone]) -> None:
        """Add the tombstones that are not there yet."""
        if not tombstones:
            return
        after = max((one.seq for one in self.erasures()), default=-1)
        added = [_record(_encode_tombstone(one)) for one in tombstones if one.seq > after]
        self.disk.append(self._erasures, b"".join(added))

    def erasures(self) -> Iterator[Tombstone]:
        """Yield every logged tombstone, oldest first."""
        for raw, _end in self._records(self._erasures):
            read = json.loads(raw)
            yield Tombstone(read["seq"], tuple(read["parts"]))

    def cut_torn_records(self) -> None:
        """Cut off what a crash left unfinished at the end of the logs: it never left here.

        Raises Refused(N_STATE) where more than one record would go: that was no crash.
        """
        self._newest = None
        for path in (self._notes, self._erasures):
            ends = [end for _record, end in deque(self._records(path), maxlen=1)]
            whole = ends[0] if ends else 0
            torn = self.disk.length(path) - whole
            if torn > LONGEST_RECORD:
                raise Refused("N_STATE", f"{path.name} is damaged behind byte {whole}.")
            if torn:
                self.disk.cut(path, whole)

    def _records(self, path: Path) -> Iterator[tuple[bytes, int]]:
        """Yield the whole records of a log, each with where it ends, in constant memory."""
        place = 0
        with self.disk.reading(path) as handle:
            while len(prefix := handle.read(LENGTH_BYTES)) == LENGTH_BYTES:
                length = int.from_bytes(prefix, "big")
                record = handle.read(length)
                if len(record) < length:
                    return
                place += LENGTH_BYTES + length
                yield record, place


def last_record(raw: bytes) -> bytes | None:
    """Return the last record of what is a log from its first byte to its last, else None."""
    place, record = 0, None
    while place < len(raw):
        begin = place + LENGTH_BYTES
        place = begin + int.from_bytes(raw[place:begin], "big")
        record = raw[begin:place]
    return record if place == len(raw) else None


def this_host() -> str:
    """Return what tells this machine from others: a digest of its machine id, else of its name."""
    try:
        name = MACHINE_ID.read_text(encoding="ascii").strip()
    except (OSError, UnicodeDecodeError):
        name = ""
    text = "loopgrid.notary-host/v1\n" + (name or platform.node())
    return hashlib.sha256(text.encode()).hexdigest()


def empty_state(ledger: LedgerRef, *, host: str) -> State:
    """Return the state of a ledger that was never signed."""
    return State(ledger.ledger_id, ledger.origin, host)


def encode_state(state: State) -> bytes:
    """Return the state as canonical JSON."""
    written: dict[str, Any] = {
        "format": FORMAT,
        "ledger": str(state.ledger),
        "origin": state.origin,
        "host": state.host,
        "head": _encode_head(state.head),
        "intent": None if state.intent is None else _encode_head(state.intent),
        "keys": [[use.vkey, use.added, use.retired] for use in state.keys],
        "hb": state.heartbeat_seconds,
    }
    return canonical_bytes(written)


def decode_state(raw: bytes) -> State:
    """Return the state that was written as `raw`; anything else is Refused(N_STATE)."""
    try:
        read = json.loads(raw)
        state = State(
            UUID(read["ledger"]),
            read["origin"],
            read["host"],
            _decode_head(read["head"]),
            None if read["intent"] is None else _decode_head(read["intent"]),
            tuple(KeyUse(*use) for use in read["keys"]),
            read["hb"],
        )
        whole = read["format"] == FORMAT and encode_state(state) == raw
    except (ValueError, KeyError, TypeError, AttributeError) as fault:
        raise Refused("N_STATE", "The state cannot be read.") from fault
    if not whole:
        raise Refused("N_STATE", "The state is not in its one canonical form.")
    return state


def _encode_head(head: Head) -> dict[str, object]:
    return {
        "size": head.size,
        "root": head.root.hex(),
        "range": [node.hex() for node in head.range],
        "last_hash": None if head.last_hash is None else head.last_hash.hex(),
        "last_t": head.last_t,
    }


def _decode_head(read: Mapping[str, Any]) -> Head:
    last = read["last_hash"]
    head = Head(
        read["size"],
        bytes.fromhex(read["root"]),
        tuple(bytes.fromhex(node) for node in read["range"]),
        None if last is None else bytes.fromhex(last),
        read["last_t"],
    )
    # A range that does not give the root would make every later root wrong.
    if head.compact_range().root() != head.root:
        raise ValueError("the range does not give the root")
    return head


def _encode_tombstone(tombstone: Tombstone) -> bytes:
    return canonical_bytes({"seq": tombstone.seq, "parts": list(tombstone.parts)})


def _record(content: bytes) -> bytes:
    return len(content).to_bytes(LENGTH_BYTES, "big") + content
