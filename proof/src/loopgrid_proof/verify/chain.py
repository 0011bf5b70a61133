"""One leaf after another: what is wrong with it, and how to go on behind the damage.

The first step of `check_follows` that fails says what is wrong. Going on needs a little more:
a gap must not make every later entry look wrong, and two entries in each other's place are one
finding, not three.
"""

from __future__ import annotations

from dataclasses import dataclass

from loopgrid_proof import digests, headers
from loopgrid_proof.errors import Fault, Finding, finding
from loopgrid_proof.headers import Header, Place, Previous

# Entries this close that fill each other's place were swapped, not deleted and inserted.
_NEAR = 64
_UNREADABLE = frozenset({"E_PARSE", "E_CANON", "E_PROFILE"})


@dataclass(frozen=True)
class Link:
    """One leaf in its place. `header` is None if it could not be read."""

    seq: int
    leaf_hash: bytes
    header: Header | None
    findings: tuple[Finding, ...]


class Chain:
    """Follows the links. `whole` turns False at the first gap: no tree can be built behind it."""

    def __init__(self, origin: str, previous: Previous | None) -> None:
        """Start after `previous`, None for the beginning of the ledger."""
        self.origin = origin
        self.previous = previous
        self.whole = True
        self._missing: dict[int, int] = {}

    @property
    def expected(self) -> int:
        """Return the number the next entry should have."""
        return 0 if self.previous is None else self.previous.seq + 1

    def follow(self, leaf: bytes) -> Link:
        """Take the next leaf; never raises for what is in it."""
        try:
            header = headers.check_follows(leaf, log=self.origin, previous=self.previous)
        except Fault as fault:
            return self._damaged(leaf, fault)
        self.previous = header.as_previous
        return Link(header.seq, header.leaf_hash, header, ())

    def _damaged(self, leaf: bytes, fault: Fault) -> Link:
        leaf_hash = digests.leaf_hash(leaf)
        place = headers.claimed_place(leaf)
        header = headers.readable(leaf)
        if fault.code in _UNREADABLE:
            # What it says of its place is worth nothing: it stands where it was found.
            place = Place(None, None, None, None)
        seq = self.expected if place.seq is None else place.seq
        found = [] if header is not None else [finding(fault.code, fault.detail, seq=self.expected)]
        if place.log not in (None, self.origin):
            # A foreign entry says nothing about this chain: its numbers are another ledger's.
            found.append(finding("E_LEDGER", "The entry names another ledger.", seq=self.expected))
            return self._stand(self.expected, leaf_hash, None, found, place)
        if seq != self.expected:
            found.extend(self._out_of_place(seq))
            return self._stand(seq, leaf_hash, header, found, place)
        found.extend(self._wrong_link(place))
        return self._stand(seq, leaf_hash, header, found, place)

    def _stand(
        self, seq: int, leaf_hash: bytes, header: Header | None, found: list[Finding], place: Place
    ) -> Link:
        last_t = "" if self.previous is None else self.previous.t
        if seq >= self.expected:
            self.previous = Previous(seq, leaf_hash, max(place.t or "", last_t))
        return Link(seq, leaf_hash, header, tuple(found))

    def _wrong_link(self, place: Place) -> list[Finding]:
        seq, last = self.expected, self.previous
        found = []
        if place.prev is not None and place.prev != (last.leaf_hash if last else bytes(32)):
            detail = "The link to the entry before does not match."
            suspect = seq - 1 if seq else None
            found.append(finding("E_PREV", detail, seq=seq, suspect=suspect))
        if place.t is not None and last is not None and place.t < last.t:
            found.append(finding("E_TIME", "The entry is older than the one before it.", seq=seq))
        return found

    def _out_of_place(self, seq: int) -> list[Finding]:
        """Judge a wrong number: larger leaves a gap, smaller fills one or repeats a number."""
        self.whole = False
        expected = self.expected
        if seq > expected:
            self._missing = dict.fromkeys(range(expected, min(seq, expected + _NEAR)), expected)
            detail = f"Expected entry {expected}, found {seq}."
            return [finding("E_SEQ", detail, seq=expected, to=seq)]
        if seq in self._missing:
            at = self._missing.pop(seq)
            detail = f"Entry {seq} stands behind a later one."
            return [finding("E_SEQ", detail, seq=at, damage="reordered")]
        detail = f"Expected entry {expected}, found {seq} once more."
        return [finding("E_SEQ", detail, seq=seq, damage="inserted")]
