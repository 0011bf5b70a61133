"""Stored tiles against the leaves, and each tile against the one above it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from loopgrid_proof import merkle
from loopgrid_proof.verify.rows import Tile

ReadTile = Callable[[int, int], "Tile | None"]
MAX_MISMATCHES = 1000


@dataclass(frozen=True)
class TileMismatch:
    """A tile that does not agree with the leaves from `leaf` on."""

    level: int
    index: int
    leaf: int


class TileCheck:
    """Compares every full tile that is stored; an absent one is no finding, it is a cache."""

    def __init__(self, read_tile: ReadTile, *, begin: int) -> None:
        """Begin at leaf `begin`; a tile that was begun before is left to the walk before."""
        self._read = read_tile
        self._block: list[bytes] = []
        self._skip = -begin % merkle.TILE_WIDTH
        self._index = (begin + self._skip) // merkle.TILE_WIDTH
        self._above: dict[int, tuple[int, Tile | None]] = {}
        self.mismatches: list[TileMismatch] = []

    def extend(self, leaf_hashes: Sequence[bytes]) -> None:
        """Take the next leaves; at each full tile compare what is stored."""
        skipped = min(self._skip, len(leaf_hashes))
        self._skip -= skipped
        self._block.extend(leaf_hashes[skipped:])
        while len(self._block) >= merkle.TILE_WIDTH:
            self._compare(self._block[: merkle.TILE_WIDTH])
            del self._block[: merkle.TILE_WIDTH]
            self._index += 1

    def _compare(self, block: list[bytes]) -> None:
        index, root = self._index, merkle.root_of(block)
        tile = self._read(0, index)
        if tile is not None and (tile.hashes != b"".join(block) or tile.root != root):
            self._mismatch(0, index, index * merkle.TILE_WIDTH + _first_difference(tile, block))
        self._compare_above(1, index, root)

    def _compare_above(self, level: int, below: int, root: bytes) -> None:
        """Compare the hash of tile `below` in the tile at `level`; when full, its root too."""
        index, place = divmod(below, merkle.TILE_WIDTH)
        tile = self._tile_above(level, index)
        if tile is None:
            return
        begin = below << (merkle.TILE_HEIGHT * level)
        start = place * merkle.HASH_BYTES
        if tile.hashes[start : start + merkle.HASH_BYTES] != root:
            self._mismatch(level, index, begin)
        if place == merkle.TILE_WIDTH - 1 and len(tile.hashes) == merkle.TILE_BYTES:
            own = merkle.tile_root(tile.hashes)
            if tile.root != own:
                self._mismatch(level, index, index << (merkle.TILE_HEIGHT * (level + 1)))
            self._compare_above(level + 1, index, own)

    def _tile_above(self, level: int, index: int) -> Tile | None:
        kept = self._above.get(level)
        if kept is None or kept[0] != index:
            kept = (index, self._read(level, index))
            self._above[level] = kept
        return kept[1]

    def _mismatch(self, level: int, index: int, leaf: int) -> None:
        if len(self.mismatches) < MAX_MISMATCHES:
            self.mismatches.append(TileMismatch(level, index, leaf))


def _first_difference(tile: Tile, block: list[bytes]) -> int:
    width = merkle.HASH_BYTES
    for place, leaf_hash in enumerate(block):
        if tile.hashes[place * width : (place + 1) * width] != leaf_hash:
            return place
    return 0
