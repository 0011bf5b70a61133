"""`/log/{workspace}/…`: the ledger as a public kind of log, by C2SP tlog-tiles.

The prefix of a ledger is its origin after the host, so that any tlog client finds the rest. A full
tile never changes and may be kept for ever; everything else is asked for again.
"""

from __future__ import annotations

from typing import ClassVar, Final

from django.urls import re_path
from loopgrid_proof.merkle import TILE_WIDTH, parse_tile_path
from rest_framework.request import Request
from rest_framework.response import Response

from ledger import serving
from ledger.api import parameters
from ledger.api.base import WorkspaceAPIView
from ledger.errors import NotFound
from ledger.queries import LedgerRef

NOTE: Final = "text/plain"
TILE: Final = "application/octet-stream"
FOR_EVER: Final = "private, max-age=31536000, immutable"

_LEDGER: Final = r"^log/(?P<name>[a-z0-9][a-z0-9-]*(?:/[1-9][0-9]*)?)/"


class LogView(WorkspaceAPIView):
    """What belongs to one log; another workspace's log does not exist here."""

    scope = ("verify", "read")

    def log_named(self, name: str) -> LedgerRef:
        """Return the ledger behind a prefix. Raises NotFound."""
        parameters.refuse_unknown(self.plain, ())
        return serving.ledger_named(self.workspace.id, name)


class NewestCheckpoint(LogView):
    """`/log/{workspace}/checkpoint`."""

    media_types: ClassVar[tuple[str, ...]] = (NOTE,)

    def get(self, _request: Request, name: str) -> Response:
        """Return the newest signed note."""
        checkpoint = serving.newest_checkpoint(self.log_named(name))
        if checkpoint is None:
            raise NotFound("No checkpoint is signed yet.")
        return Response(checkpoint.note, content_type=f"{NOTE}; charset=utf-8")


class LogTile(LogView):
    """`/log/{workspace}/tile/<L>/<N>` and `/log/{workspace}/tile/entries/<N>`, whole or partial."""

    media_types: ClassVar[tuple[str, ...]] = (TILE,)

    def get(self, _request: Request, name: str, tile: str) -> Response:
        """Return a tile, as far as the newest checkpoint reaches."""
        ledger = self.log_named(name)
        try:
            level, index, width = parse_tile_path(tile)
        except ValueError as fault:
            raise NotFound(str(fault)) from fault
        body = (
            serving.entry_bundle(ledger, index, width=width)
            if level is None
            else serving.hash_tile(ledger, level, index, width=width)
        )
        headers = {"Cache-Control": FOR_EVER} if width == TILE_WIDTH else None
        return Response(body, content_type=TILE, headers=headers)


urlpatterns = [
    re_path(f"{_LEDGER}checkpoint$", NewestCheckpoint.as_view()),
    re_path(f"{_LEDGER}(?P<tile>tile/.{{1,200}})$", LogTile.as_view()),
]
