"""Checkpoints against the tree: roots, signatures, and which keys those signatures count for.

A key is trusted if the verifier pinned it, or if an entry inside a tree that a trusted key signed
added it. Older keys are named below the newest checkpoint and newer ones above the oldest, so
trust is settled at the end; until then checkpoints are kept as groups of equal signers.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from loopgrid_proof import notes
from loopgrid_proof.errors import Fault
from loopgrid_proof.notes import Checkpoint, KeyEvent, VerifierKey

Signers = tuple[frozenset[str], frozenset[str], frozenset[str]]


@dataclass(frozen=True)
class SealFault:
    """A checkpoint that does not count, after the last good size; None if unknown here."""

    code: str
    after: int | None
    size: int
    detail: str


@dataclass
class Group:
    """All checkpoints with the same signers: active at their size, not active, or not yet named.

    A pinned key that no entry below names counts, unless an entry above turns out to add it.
    """

    active: frozenset[str]
    inactive: frozenset[str]
    unnamed: frozenset[str]
    after: int | None
    smallest: int
    largest: int


@dataclass
class Seals:
    """What the checkpoints say. `broken` is (last size that matched, first that did not)."""

    pinned: tuple[VerifierKey, ...]
    groups: dict[Signers, Group] = field(default_factory=dict)
    faults: list[SealFault] = field(default_factory=list)
    broken: tuple[int | None, int] | None = None
    truncated: int | None = None
    checked: int = 0

    def read(self, raw: bytes, *, origin: str, known: Iterable[KeyEvent]) -> _Read:
        """Return a checkpoint with its true signers, or raise Fault. Nothing is kept."""
        note = notes.parse_note(raw)
        checkpoint = notes.parse_checkpoint(note)
        signers = notes.good_signers(note, notes.by_line([*self.pinned, *_added(known)]))
        if checkpoint.origin != origin:
            raise Fault("E_ORIGIN", "The checkpoint is of another ledger.")
        return _Read(checkpoint, signers)

    def keep(self, read: _Read, *, after: int | None, known: Sequence[KeyEvent]) -> None:
        """Count a checkpoint whose root matched among those of its signers."""
        size = read.checkpoint.size
        row = _sort(read.signers, size, known)
        group = self.groups.setdefault(row, Group(*row, after, size, size))
        group.largest = max(group.largest, size)
        if size < group.smallest:
            group.after, group.smallest = after, size

    def absorb(self, right: Seals, *, sealed: int | None) -> None:
        """Take in the checkpoints to the right; `sealed` is the last good size here."""
        for row, group in right.groups.items():
            mine = self.groups.get(row)
            if mine is None:
                after = sealed if group.after is None else group.after
                self.groups[row] = Group(*row, after, group.smallest, group.largest)
            else:
                mine.largest = group.largest
        for fault in right.faults:
            after = sealed if fault.after is None else fault.after
            self.faults.append(SealFault(fault.code, after, fault.size, fault.detail))
        if self.broken is None and right.broken is not None:
            after, size = right.broken
            self.broken = (sealed if after is None else after, size)
        self.truncated = right.truncated if self.truncated is None else self.truncated
        self.checked += right.checked

    def settle(self, known: Sequence[KeyEvent]) -> list[SealFault]:
        """Return every fault, once all entries are known: also signers that nobody vouches for."""
        trusted = self._trusted(known)
        found = list(self.faults)
        for group in self.groups.values():
            active = _active(group, known)
            if active & trusted:
                found.extend(_revoked(group, active & trusted, known))
            elif (group.inactive | group.unnamed) & trusted:
                detail = "Signed only by keys that do not count at this size."
                found.append(SealFault("E_KEY_WINDOW", group.after, group.smallest, detail))
            else:
                detail = f"No trusted key signed the checkpoint of size {group.smallest}."
                found.append(SealFault("E_SIG", group.after, group.smallest, detail))
        return found

    def _trusted(self, known: Sequence[KeyEvent]) -> set[str]:
        trusted = {key.text for key in self.pinned}
        while True:
            sizes = [g.largest for g in self.groups.values() if _active(g, known) & trusted]
            reach = max(sizes, default=0)
            named = {e.vkey for e in known if e.what == "added" and e.seq < reach}
            if named <= trusted:
                return trusted
            trusted |= named


@dataclass(frozen=True)
class _Read:
    checkpoint: Checkpoint
    signers: frozenset[str]


def _added(known: Iterable[KeyEvent]) -> list[VerifierKey]:
    found = []
    for event in known:
        if event.what == "added":
            try:
                found.append(notes.parse_vkey(event.vkey))
            except Fault:
                continue  # the walk reports it where the key was added; it can sign nothing
    return found


def _sort(signers: Iterable[str], size: int, known: Sequence[KeyEvent]) -> Signers:
    """Return the signers that count at this size, those that do not, and those not named yet."""
    states = {vkey: notes.is_active(vkey, size, known) for vkey in signers}
    active, inactive, unnamed = (
        frozenset(vkey for vkey, state in states.items() if state is wanted)
        for wanted in (True, False, None)
    )
    return active, inactive, unnamed


def _active(group: Group, known: Sequence[KeyEvent]) -> frozenset[str]:
    named = {event.vkey for event in known}
    return group.active | (group.unnamed - named)


def _revoked(group: Group, good: frozenset[str], known: Sequence[KeyEvent]) -> list[SealFault]:
    """Return the fault of a group whose every signer was later revoked from below its sizes."""
    ends = {e.vkey: e.last for e in known if e.what == "revoked" and e.last is not None}
    if not all(vkey in ends for vkey in good):
        return []
    last = max(ends[vkey] for vkey in good)
    if group.largest <= last:
        return []
    detail = f"Signed only by keys that were revoked from size {last} on."
    return [SealFault("E_KEY_WINDOW", last, group.largest, detail)]
