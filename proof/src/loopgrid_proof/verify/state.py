"""What a walk must remember: enough to go on from any size, and no more the longer the ledger is.

A state is also what one of several workers starts from: it claims a state at the beginning of
its range, and the claim is compared with the state its left neighbour really ends in.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from loopgrid_proof import digests, headers
from loopgrid_proof.errors import UsageError
from loopgrid_proof.headers import Header, Previous
from loopgrid_proof.merkle import CompactRange
from loopgrid_proof.notes import KeyEvent

FORMAT = "loopgrid.walk/v1"
DEFAULT_HEARTBEAT = 60
# The kinds that change a state; whoever claims one in mid-ledger reads the earlier ones of these.
STATE_KINDS = (
    "ledger.genesis",
    "ledger.disowned",
    "key.added",
    "key.retired",
    "key.revoked",
    "settings.changed",
)


@dataclass
class WalkState:
    """The ledger up to `size`: its tree, its last entry, and the few facts later checks need.

    `sealed` is the largest checkpoint size that matched, None if unknown (a claimed state);
    `unsealed_t` the time of the first entry after it.
    """

    origin: str
    tree: CompactRange = field(default_factory=CompactRange)
    last: Previous | None = None
    keys: list[KeyEvent] = field(default_factory=list)
    disowned: list[int] = field(default_factory=list)
    hb: int = DEFAULT_HEARTBEAT
    restarted: bool = False
    sealed: int | None = 0
    unsealed_t: str | None = None

    @property
    def size(self) -> int:
        """Return the number that the next entry should have."""
        return 0 if self.last is None else self.last.seq + 1

    @classmethod
    def claim(
        cls, origin: str, tree: CompactRange, previous: bytes, earlier: Iterable[bytes]
    ) -> WalkState:
        """Return the state a range worker starts from.

        `tree` may come from tiles, `previous` is the leaf just before, `earlier` the leaves of
        STATE_KINDS below, ascending. All may be wrong: joining the ranges compares them.
        """
        place = headers.claimed_place(previous)
        state = cls(origin, tree, sealed=None)
        digest = digests.leaf_hash(previous)
        state.last = Previous(tree.end - 1, digest, place.t or "")
        for leaf in earlier:
            header = headers.readable(leaf)
            # One that cannot be read is reported where it stands; the claim will not be met.
            if header is not None:
                state.fold(header)
        return state

    def fold(self, header: Header) -> None:
        """Take in an entry of STATE_KINDS; others change nothing here."""
        if header.kind == "ledger.genesis":
            self.restarted = "pred" in header.refs
        if header.kind in ("ledger.genesis", "settings.changed"):
            self.hb = header.facts.get("hb", self.hb)
        elif header.kind.startswith("key."):
            vkey, last = header.refs["vkey"], header.refs.get("from")
            self.keys.append(KeyEvent(header.seq, header.kind[4:], vkey, last))
        elif header.kind == "ledger.disowned":
            self.disowned.extend(header.refs["entries"])

    def core(self) -> dict[str, Any]:
        """Return what a right neighbour relies on."""
        last = self.last
        return {
            "origin": self.origin,
            "size": self.tree.end,
            "tree": [node.hex() for node in self.tree.hashes],
            "last": None if last is None else [last.seq, last.leaf_hash.hex(), last.t],
            "keys": [[k.seq, k.what, k.vkey, k.last] for k in self.keys],
            "disowned": list(self.disowned),
            "hb": self.hb,
            "restarted": self.restarted,
        }

    def as_json(self) -> dict[str, Any]:
        """Return the state as plain JSON, for a later run to go on from."""
        own = {"format": FORMAT, "sealed": self.sealed, "unsealed_t": self.unsealed_t}
        return {**own, **self.core()}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> WalkState:
        """Read back what `as_json` wrote; UsageError for another format."""
        if value.get("format") != FORMAT:
            raise UsageError("The saved state is of another format.")
        nodes = [bytes.fromhex(node) for node in value["tree"]]
        last = value["last"]
        return cls(
            origin=value["origin"],
            tree=CompactRange.from_hashes(value["size"], nodes),
            last=None if last is None else Previous(last[0], bytes.fromhex(last[1]), last[2]),
            keys=[KeyEvent(*row) for row in value["keys"]],
            disowned=list(value["disowned"]),
            hb=value["hb"],
            restarted=value["restarted"],
            sealed=value["sealed"],
            unsealed_t=value["unsealed_t"],
        )

    def copy(self) -> WalkState:
        """Return a state that can go on by itself."""
        return WalkState.from_json(self.as_json())
