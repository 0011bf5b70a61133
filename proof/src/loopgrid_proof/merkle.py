"""The tree of RFC 6962: compact ranges, roots, proofs, and tiles.

A subtree hash is addressed by (level, index): it covers leaves [index << level,
(index + 1) << level). Proofs are built from a function that fetches such hashes, so that nothing
here knows where they are kept.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Sequence

from loopgrid_proof.digests import EMPTY_ROOT, node_hash
from loopgrid_proof.errors import Fault

HASH_BYTES = 32
TILE_HEIGHT = 8
TILE_WIDTH = 1 << TILE_HEIGHT
TILE_BYTES = TILE_WIDTH * HASH_BYTES
_MAX_TILE_LEVEL = 63
_TILE_PATH = re.compile(
    r"tile/(entries|0|[1-9][0-9]?)/((?:x[0-9]{3}/)*[0-9]{3})(?:\.p/([1-9][0-9]{0,2}))?"
)

Fetch = Callable[[int, int], bytes]


class CompactRange:
    """The fewest subtree hashes that stand for leaves [begin, end), from left to right.

    For `begin` 0 that is all a tree needs to grow and to give its root: at most 63 hashes. Ranges
    that meet can be joined, so that several workers can hash one tree.
    """

    __slots__ = ("_hashes", "begin", "end")

    def __init__(self, begin: int = 0) -> None:
        """Start empty, before leaf `begin`."""
        self.begin = begin
        self.end = begin
        self._hashes: list[bytes] = []

    @classmethod
    def from_hashes(cls, size: int, hashes: Sequence[bytes], *, begin: int = 0) -> CompactRange:
        """Return the range [begin, size) that `hashes` stand for, left to right.

        Raises ValueError if their number or length does not fit.
        """
        count = sum(1 for _ in subtrees_of(begin, size))
        if len(hashes) != count or any(len(h) != HASH_BYTES for h in hashes):
            raise ValueError(f"A range [{begin}, {size}) has {count} hashes of 32 bytes.")
        found = cls(begin)
        found.end = size
        found._hashes = list(hashes)
        return found

    @property
    def size(self) -> int:
        """Return how many leaves the range covers."""
        return self.end - self.begin

    @property
    def hashes(self) -> tuple[bytes, ...]:
        """Return the hashes from left to right; for `begin` 0 that is largest subtree first."""
        return tuple(self._hashes)

    def append(self, leaf_hash: bytes) -> None:
        """Add the leaf after the last one."""
        self._push(0, self.end, leaf_hash)
        self.end += 1

    def extend(self, leaf_hashes: Iterable[bytes]) -> None:
        """Add leaves in order."""
        sha256, hashes, begin, end = hashlib.sha256, self._hashes, self.begin, self.end
        for leaf_hash in leaf_hashes:
            node, level, index = leaf_hash, 0, end
            while index & 1 and (index - 1) << level >= begin:
                node = sha256(b"\x01" + hashes.pop() + node).digest()
                level += 1
                index >>= 1
            hashes.append(node)
            end += 1
        self.end = end

    def join(self, right: CompactRange) -> None:
        """Add the range that begins where this one ends; ValueError if it does not."""
        if right.begin != self.end:
            raise ValueError(f"[{right.begin}, {right.end}) does not meet [.., {self.end}).")
        for (level, index), node in zip(subtrees_of(right.begin, right.end), right.hashes):
            self._push(level, index, node)
        self.end = right.end

    def copy(self) -> CompactRange:
        """Return a range that can grow on its own."""
        twin = CompactRange(self.begin)
        twin.end = self.end
        twin._hashes = list(self._hashes)
        return twin

    def root(self) -> bytes:
        """Return the root over the leaves; for `begin` above 0 the range must be one subtree."""
        if self.begin and len(self._hashes) != 1:
            raise ValueError("A range that is no subtree has no root of its own.")
        return _fold(self._hashes)

    def _push(self, level: int, index: int, node: bytes) -> None:
        while index & 1 and (index - 1) << level >= self.begin:
            node = node_hash(self._hashes.pop(), node)
            level += 1
            index >>= 1
        self._hashes.append(node)


def subtrees_of(begin: int, end: int) -> Iterator[tuple[int, int]]:
    """Yield (level, index) of the fewest whole subtrees that cover [begin, end), left to right."""
    while begin < end:
        level = (end - begin).bit_length() - 1
        if begin:
            level = min(level, (begin & -begin).bit_length() - 1)
        yield level, begin >> level
        begin += 1 << level


def root_of(leaf_hashes: Iterable[bytes]) -> bytes:
    """Return the root over these leaf hashes; that of none is H("")."""
    tree = CompactRange()
    tree.extend(leaf_hashes)
    return tree.root()


def fetch_from(leaf_hashes: Sequence[bytes]) -> Fetch:
    """Return a function that gives any whole subtree over `leaf_hashes`."""

    def fetch(level: int, index: int) -> bytes:
        chosen = leaf_hashes[index << level : (index + 1) << level]
        if len(chosen) != 1 << level:
            raise IndexError(f"Subtree ({level}, {index}) is not whole.")
        return root_of(chosen)

    return fetch


def inclusion_path(fetch: Fetch, index: int, size: int) -> tuple[bytes, ...]:
    """Return the sibling hashes that lead from leaf `index` up to the root, lowest first.

    Requires 0 <= index < size. RFC 6962, section 2.1.1.
    """
    if not 0 <= index < size:
        raise ValueError(f"There is no leaf {index} in a tree of {size}.")
    path: list[bytes] = []
    begin, end = 0, size
    while end - begin > 1:
        middle = begin + _split(end - begin)
        if index < middle:
            path.append(_range_hash(fetch, middle, end))
            end = middle
        else:
            path.append(_range_hash(fetch, begin, middle))
            begin = middle
    return tuple(reversed(path))


def consistency_path(fetch: Fetch, old_size: int, size: int) -> tuple[bytes, ...]:
    """Return the hashes that show the tree of `size` to be a continuation of `old_size`.

    Requires 0 <= old_size <= size; empty from 0 and between equals. RFC 6962, section 2.1.2.
    """
    if not 0 <= old_size <= size:
        raise ValueError(f"A tree of {size} does not continue one of {old_size}.")
    if old_size in (0, size):
        return ()
    path: list[bytes] = []
    begin, end = 0, size
    while old_size != end:
        middle = begin + _split(end - begin)
        if old_size <= middle:
            path.append(_range_hash(fetch, middle, end))
            end = middle
        else:
            path.append(_range_hash(fetch, begin, middle))
            begin = middle
    if begin:
        path.append(_range_hash(fetch, begin, end))
    return tuple(reversed(path))


def check_inclusion(
    leaf_hash: bytes, *, index: int, size: int, path: Sequence[bytes], root: bytes
) -> None:
    """Raise Fault(E_PROOF) unless `path` leads from the leaf at `index` to `root`."""
    if not 0 <= index < size or any(len(h) != HASH_BYTES for h in path):
        raise Fault("E_PROOF", "The proof is for no leaf of this tree.")
    node, place, last = leaf_hash, index, size - 1
    for sibling in path:
        if last == 0:
            raise Fault("E_PROOF", "The inclusion proof is too long.")
        if place & 1 or place == last:
            node = node_hash(sibling, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    if last != 0 or node != root:
        raise Fault("E_PROOF", "The inclusion proof does not lead to the root.")


def check_consistency(
    *, old_size: int, old_root: bytes, size: int, root: bytes, path: Sequence[bytes]
) -> None:
    """Raise Fault(E_PROOF) unless `path` shows that `size` continues the tree of `old_size`.

    From size 0 exactly the empty proof and the empty root are valid (docs/format.md).
    """
    if not 0 <= old_size <= size or any(len(h) != HASH_BYTES for h in path):
        raise Fault("E_PROOF", "The sizes do not allow a consistency proof.")
    if old_size in (0, size):
        if path or old_root != (EMPTY_ROOT if old_size == 0 else root):
            raise Fault("E_PROOF", "The consistency proof is not the empty one it has to be.")
        return
    if not path:
        raise Fault("E_PROOF", "The consistency proof is empty.")
    found = _walk_consistency(old_size, size, old_root, path)
    if found != (old_root, root):
        raise Fault("E_PROOF", "The consistency proof does not lead to both roots.")


def _walk_consistency(
    old_size: int, size: int, old_root: bytes, path: Sequence[bytes]
) -> tuple[bytes, bytes]:
    """Return the old and the later root that `path` leads to. RFC 9162, section 2.1.4.2."""
    place, last = old_size - 1, size - 1
    while place & 1:
        place, last = place >> 1, last >> 1
    # An old tree that is one whole subtree is not repeated in the proof.
    whole = old_size & (old_size - 1) == 0
    old = node = old_root if whole else path[0]
    for sibling in path[0 if whole else 1 :]:
        if last == 0:
            raise Fault("E_PROOF", "The consistency proof is too long.")
        if place & 1 or place == last:
            old, node = node_hash(sibling, old), node_hash(sibling, node)
            while not place & 1 and place:
                place, last = place >> 1, last >> 1
        else:
            node = node_hash(node, sibling)
        place, last = place >> 1, last >> 1
    if last != 0:
        raise Fault("E_PROOF", "The consistency proof is too short.")
    return old, node


def tile_path(level: int, index: int, *, width: int = TILE_WIDTH) -> str:
    """Return the path of a hash tile, `tile/<L>/<N>[.p/<W>]`. C2SP tlog-tiles."""
    return f"tile/{level}/{_group_digits(index)}{_width_suffix(width)}"


def entries_path(index: int, *, width: int = TILE_WIDTH) -> str:
    """Return the path of an entry bundle. C2SP tlog-tiles."""
    return f"tile/entries/{_group_digits(index)}{_width_suffix(width)}"


def parse_tile_path(path: str) -> tuple[int | None, int, int]:
    """Return (level, index, width) of a tile path; the level of an entry bundle is None.

    Raises ValueError for any other spelling of the same tile, so that each has one address.
    """
    found = _TILE_PATH.fullmatch(path)
    if found is None:
        raise ValueError("No tile has this path.")
    level = None if found[1] == "entries" else int(found[1])
    index = int(found[2].replace("x", "").replace("/", ""))
    width = int(found[3] or TILE_WIDTH)
    again = (
        entries_path(index, width=width) if level is None else tile_path(level, index, width=width)
    )
    if again != path or (level or 0) > _MAX_TILE_LEVEL:
        raise ValueError("No tile has this path.")
    return level, index, width


def tile_width(level: int, index: int, size: int) -> int:
    """Return how many hashes tile (level, index) has in a tree of `size`: 0 if it has none yet."""
    hashes = size >> (TILE_HEIGHT * level)
    return max(0, min(TILE_WIDTH, hashes - index * TILE_WIDTH))


def tile_root(tile: bytes) -> bytes:
    """Return the root over a full tile, which is one hash of the tile above."""
    if len(tile) != TILE_BYTES:
        raise ValueError("A full tile has 8192 bytes.")
    return root_of(split_tile(tile))


def split_tile(tile: bytes) -> list[bytes]:
    """Return the hashes of a tile, from left to right."""
    if len(tile) % HASH_BYTES:
        raise ValueError("A tile is a row of 32-byte hashes.")
    return [tile[i : i + HASH_BYTES] for i in range(0, len(tile), HASH_BYTES)]


def fetch_from_tiles(read_tile: Callable[[int, int], bytes]) -> Fetch:
    """Return a function that gives whole subtrees out of tiles.

    `read_tile(level, index)` answers with the tile as wide as it is; IndexError if too narrow.
    """

    def fetch(level: int, index: int) -> bytes:
        tile_level, above = divmod(level, TILE_HEIGHT)
        tile, place = divmod(index << above, TILE_WIDTH)
        chosen = split_tile(read_tile(tile_level, tile))[place : place + (1 << above)]
        if len(chosen) != 1 << above:
            raise IndexError(f"Subtree ({level}, {index}) is not whole.")
        return root_of(chosen)

    return fetch


def encode_bundle(leaves: Iterable[bytes]) -> bytes:
    """Return the body of an entry bundle: each leaf after its length in two bytes."""
    return b"".join(len(leaf).to_bytes(2, "big") + leaf for leaf in leaves)


def decode_bundle(raw: bytes) -> list[bytes]:
    """Return the leaves of an entry bundle; ValueError if it is cut short."""
    leaves: list[bytes] = []
    place = 0
    while place < len(raw):
        end = place + 2 + int.from_bytes(raw[place : place + 2], "big")
        if end > len(raw):
            raise ValueError("The entry bundle is cut short.")
        leaves.append(raw[place + 2 : end])
        place = end
    return leaves


def _fold(hashes: Sequence[bytes]) -> bytes:
    if not hashes:
        return EMPTY_ROOT
    root = hashes[-1]
    for node in reversed(hashes[:-1]):
        root = node_hash(node, root)
    return root


def _split(count: int) -> int:
    """Return the largest power of two below `count`."""
    return 1 << ((count - 1).bit_length() - 1)


def _range_hash(fetch: Fetch, begin: int, end: int) -> bytes:
    return _fold([fetch(level, index) for level, index in subtrees_of(begin, end)])


def _group_digits(index: int) -> str:
    groups: list[str] = []
    rest = index
    while True:
        rest, group = divmod(rest, 1000)
        groups.append(f"{group:03d}" if not groups else f"x{group:03d}")
        if rest == 0:
            return "/".join(reversed(groups))


def _width_suffix(width: int) -> str:
    if not 0 < width <= TILE_WIDTH:
        raise ValueError("A tile has 1 to 256 hashes.")
    return "" if width == TILE_WIDTH else f".p/{width}"
