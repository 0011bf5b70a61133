"""Exporting decisions: `/v1/export/decisions`, complete however many there are."""

from __future__ import annotations

import csv
import io
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any, Final

import msgspec
from django.http import HttpResponseBase, StreamingHttpResponse
from django.urls import path
from rest_framework.request import Request

from ledger import exports
from ledger.api.base import WorkspaceAPIView
from ledger.api.listing import read_filters
from ledger.api.objects import decision_bytes, decision_object
from ledger.api.problems import Problem, invalid_parameter, shown
from ledger.content.submission import CONTEXT
from ledger.exports import Export, Listing
from ledger.states import DecisionState

FORMATS: Final = ("json", "csv", "jsonl")
# The usual columns and the field of the state each one shows; no content has to be read for them.
COLUMNS: Final = {
    "decision_id": "decision_id",
    "created_at": "created_at",
    "service_name": "service",
    "decision_type": "decision_type",
    "status": "status",
    "content_hash": "content_hash",
}
# What `columns` may add: the other keys of a decision object.
FURTHER: Final = (
    "input",
    "model",
    "output",
    "prompt",
    "metadata",
    "tool_calls",
    "chain_hash",
    "incorrect_reason",
    "incorrect_at",
    "correction",
    "seq",
    "decision_url",
    "recorded_by",
    "review",
    "erased",
    "altered",
    "occurred_at",
    "origin",
    "environment",
    "parent_decision_id",
    "risk_tier",
    "content_mode",
    "writer",
    *CONTEXT,
)
_MEDIA: Final = {
    "json": "application/json",
    "csv": "text/csv; charset=utf-8",
    "jsonl": "application/x-ndjson",
}
# Answers go out in pieces of about this size: a piece per decision would cost more than it holds.
_PIECE: Final = 64 * 1024
# A cell that begins like this is a formula to a spreadsheet.
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")

_read = msgspec.json.Decoder().decode


class ExportDecisions(WorkspaceAPIView):
    """`/v1/export/decisions`: every decision that matches, as JSON, CSV or JSON lines."""

    scope = "export"
    rate_policy = "heavy"
    media_types = ("application/json", "text/csv", "application/x-ndjson")

    def get(self, request: Request) -> HttpResponseBase:  # noqa: ARG002
        """Record the export, then stream it."""
        form, columns = self._asked()
        filters, _order = read_filters(self)
        extra = [name for name in columns if name not in COLUMNS]
        export = exports.make_export(
            self.ledger,
            filters,
            form=form,
            with_content=form != "csv" or bool(extra),
            actor=self.actor,
            clock=self.clock,
        )
        match form:
            case "json":
                pieces = _json(export)
            case "jsonl":
                pieces = _json_lines(export)
            case _:
                pieces = _csv(export, columns, content=bool(extra))
        return answer_of(form, _joined(pieces))

    def head(self, request: Request) -> HttpResponseBase:  # noqa: ARG002
        """Say in which form an export would come; nothing is exported and nothing is recorded."""
        form, _columns = self._asked()
        read_filters(self)
        return answer_of(form, iter(()))

    def _asked(self) -> tuple[str, list[str]]:
        form = self.plain.GET.get("format") or "json"
        if form not in FORMATS:
            raise Problem("unknown_format", f"format is one of {', '.join(FORMATS)}.")
        named = [name for name in self.plain.GET.get("columns", "").split(",") if name]
        for name in named:
            if name not in COLUMNS and name not in FURTHER:
                raise invalid_parameter("columns", f"names {shown(name)}, which is no column.")
        added = dict.fromkeys(name for name in named if name not in COLUMNS)
        return form, [*COLUMNS, *added]


def answer_of(form: str, pieces: Iterator[bytes]) -> StreamingHttpResponse:
    """Return the answer that streams these pieces to a file."""
    answer = StreamingHttpResponse(pieces, content_type=_MEDIA[form])
    answer["Content-Disposition"] = f"attachment; filename=loopgrid_decisions.{form}"
    return answer


def _joined(pieces: Iterator[bytes]) -> Iterator[bytes]:
    held = bytearray()
    for piece in pieces:
        held += piece
        if len(held) >= _PIECE:
            yield bytes(held)
            held.clear()
    yield bytes(held)


def _json(export: Export) -> Iterator[bytes]:
    """Yield one object; what was counted and up to where stands behind the decisions."""
    with exports.reading(export) as listing:
        yield b'{"decisions":['
        total = 0
        for total, record in enumerate(listing.records(), 1):
            yield (b"," if total > 1 else b"") + decision_bytes(export.ledger, record)
        yield b'],"total":%d,"as_of":%d}' % (total, listing.as_of)


def _json_lines(export: Export) -> Iterator[bytes]:
    with exports.reading(export) as listing:
        for record in listing.records():
            # In recorded JSON a line break stands between tokens; within strings it is escaped.
            text = decision_bytes(export.ledger, record)
            yield text.replace(b"\r", b"").replace(b"\n", b"") + b"\n"


def _csv(export: Export, columns: Sequence[str], *, content: bool) -> Iterator[bytes]:
    write = _csv_line()
    yield write(columns)
    with exports.reading(export) as listing:
        rows = _full_rows(export, listing, columns) if content else map(_row, listing.states)
        for row in rows:
            yield write([_cell(value) for value in row])


def _full_rows(export: Export, listing: Listing, columns: Sequence[str]) -> Iterator[list[Any]]:
    for record in listing.records():
        shown_as: Mapping[str, Any] = decision_object(export.ledger, record)
        yield [shown_as[name] for name in columns]


def _row(state: DecisionState) -> list[Any]:
    values = [getattr(state, field) for field in COLUMNS.values()]
    return [value.hex() if isinstance(value, bytes) else value for value in values]


def _csv_line() -> Callable[[Sequence[str]], bytes]:
    text = io.StringIO()
    writer = csv.writer(text)

    def write(cells: Sequence[str]) -> bytes:
        writer.writerow(cells)
        line = text.getvalue().encode()
        text.seek(0)
        text.truncate()
        return line

    return write


def _cell(value: Any) -> str:
    """Return a value as text that no spreadsheet takes for a formula; what is unknown is empty."""
    if isinstance(value, msgspec.Raw):
        read = _read(value)
        value = read if isinstance(read, str) else bytes(value).decode()
    if value is None:
        return ""
    text = value if isinstance(value, str) else msgspec.json.encode(value).decode()
    return f"'{text}" if text.startswith(_FORMULA) else text


urlpatterns = [
    path("v1/export/decisions", ExportDecisions.as_view(), name="export_decisions"),
]
