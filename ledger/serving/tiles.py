"""The tree in tiles of 256 hashes (C2SP tlog-tiles), and the entries in bundles of as many.

A full tile is read from its row, or computed from what is below it while the notary has not written
it yet. A partial one is computed: of leaf hashes at the bottom, of the roots of full tiles above.
"""

from __future__ import annotations

from loopgrid_proof.merkle import (
    HASH_BYTES,
    TILE_WIDTH,
    encode_bundle,
    fetch_from_tiles,
    tile_root,
    tile_width,
)

from ledger.errors import NotFound, ProofFailed
from ledger.models import Entry, Tile
from ledger.queries import LedgerRef, sealed_size


class TileReader:
    """Reads the tiles of a tree of `size` entries, each once; `fetch` gives whole subtrees of it.

    A proof in a tree of n entries touches about twice as many tiles as the tree is high in tiles.
    """

    def __init__(self, ledger: LedgerRef, size: int) -> None:
        self.ledger, self.size = ledger, size
        self._read: dict[tuple[int, int], bytes] = {}
        self.fetch = fetch_from_tiles(self.read)

    def read(self, level: int, index: int) -> bytes:
        """Return the tile, as wide as it is in this tree. Raises ProofFailed."""
        known = self._read.get((level, index))
        if known is None:
            width = tile_width(level, index, self.size)
            known = self._read[level, index] = _tile(self.ledger, level, index, width=width)
        return known


def build_tile(ledger: LedgerRef, level: int, index: int) -> tuple[bytes, bytes]:
    """Return hashes and root of a full tile, computed from what is below it."""
    hashes = _computed(ledger, level, index, width=TILE_WIDTH)
    return hashes, tile_root(hashes)


def hash_tile(ledger: LedgerRef, level: int, index: int, *, width: int) -> bytes:
    """Return a hash tile for others. Raises NotFound if the newest checkpoint does not reach it."""
    _require_sealed(ledger, level, index, width=width)
    return _tile(ledger, level, index, width=width)


def entry_bundle(ledger: LedgerRef, index: int, *, width: int) -> bytes:
    """Return `width` entries from `256 * index` on, each after its length. Raises NotFound."""
    _require_sealed(ledger, 0, index, width=width)
    begin = index * TILE_WIDTH
    rows = (
        Entry.objects.filter(ledger_id=ledger.ledger_id, seq__gte=begin, seq__lt=begin + width)
        .order_by("seq")
        .values_list("leaf", flat=True)
    )
    leaves = [bytes(leaf) for leaf in rows]
    if len(leaves) != width:
        raise ProofFailed(f"Entries are missing from #{begin} on.")
    return encode_bundle(leaves)


def _require_sealed(ledger: LedgerRef, level: int, index: int, *, width: int) -> None:
    have = tile_width(level, index, sealed_size(ledger))
    if width > have:
        raise NotFound("The newest checkpoint does not reach this tile.")


def _tile(ledger: LedgerRef, level: int, index: int, *, width: int) -> bytes:
    if width == TILE_WIDTH:
        row = (
            Tile.objects.filter(ledger_id=ledger.ledger_id, level=level, n=index)
            .values_list("hashes", flat=True)
            .first()
        )
        if row is not None:
            return bytes(row)
    return _computed(ledger, level, index, width=width)


def _computed(ledger: LedgerRef, level: int, index: int, *, width: int) -> bytes:
    begin = index * TILE_WIDTH
    found = (
        _leaf_hashes(ledger, begin, width)
        if level == 0
        else _roots(ledger, level - 1, begin, width)
    )
    if len(found) != width * HASH_BYTES:
        raise ProofFailed(f"Hashes are missing under tile {level}/{index}.")
    return found


def _leaf_hashes(ledger: LedgerRef, begin: int, width: int) -> bytes:
    rows = (
        Entry.objects.filter(ledger_id=ledger.ledger_id, seq__gte=begin, seq__lt=begin + width)
        .order_by("seq")
        .values_list("leaf_hash", flat=True)
    )
    return b"".join(bytes(row) for row in rows)


def _roots(ledger: LedgerRef, level: int, begin: int, width: int) -> bytes:
    """Return the roots of full tiles; those that were not written yet are computed."""
    rows = Tile.objects.filter(
        ledger_id=ledger.ledger_id, level=level, n__gte=begin, n__lt=begin + width
    ).values_list("n", "root")
    known = {n: bytes(root) for n, root in rows}
    return b"".join(
        known.get(index) or build_tile(ledger, level, index)[1]
        for index in range(begin, begin + width)
    )
