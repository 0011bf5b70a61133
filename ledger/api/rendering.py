"""Writing answers: JSON by msgspec, which puts recorded bytes back as they were sent."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any, cast

import msgspec
from rest_framework.exceptions import NotAcceptable
from rest_framework.negotiation import BaseContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

JSON = "application/json"

encode = msgspec.json.Encoder().encode


class JsonRenderer(BaseRenderer):
    """Writes JSON in UTF-8; a `msgspec.Raw` goes out byte for byte."""

    media_type = JSON
    format = "json"
    charset = None
    render_style = "binary"

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,  # noqa: ARG002  REST framework's
        renderer_context: Mapping[str, Any] | None = None,  # noqa: ARG002
    ) -> bytes:
        """Return the body; every answer has one, so nothing at all is written as `null`."""
        return data if isinstance(data, bytes) else encode(data)


class FixedNegotiation(BaseContentNegotiation):
    """Answers JSON to everybody who takes it, and 406 to those who do not.

    A view with other forms names them in `media_types`, the preferred one first; the one chosen is
    `request.accepted_media_type`.
    """

    def select_parser(self, request: Request, parsers: Iterable[Any]) -> Any:  # noqa: ARG002
        """Return no parser: doors read bodies themselves, to keep their bytes."""
        return None

    def select_renderer(  # type: ignore[override]
        self,
        request: Request,
        renderers: Sequence[BaseRenderer],
        format_suffix: str | None = None,  # noqa: ARG002
    ) -> tuple[BaseRenderer, str]:
        """Return the renderer and the media type that the caller likes best."""
        accept = request._request.headers.get("Accept")  # noqa: SLF001
        offered = media_types_of(request)
        if accept is None or accept in {"*/*", JSON}:
            return renderers[0], offered[0] if accept != JSON or JSON not in offered else JSON
        chosen = preferred(accept, offered)
        if chosen is None:
            raise NotAcceptable
        return renderers[0], chosen


def media_types_of(request: Request) -> Sequence[str]:
    """Return the forms that the view of a request can answer in, the usual one first."""
    view = cast("Mapping[str, Any]", request.parser_context).get("view")
    return getattr(view, "media_types", (JSON,))


def preferred(accept: str, offered: Sequence[str]) -> str | None:
    """Return the offered form that an Accept header weighs most, None if it takes none of them.

    The most specific range counts for a form; among equals the first one offered wins. RFC 9110,
    section 12.5.1.
    """
    ranges = [_read_range(part) for part in accept.split(",")]
    weighed = [(_weight(form, ranges), -index) for index, form in enumerate(offered)]
    best, index = max(weighed)
    return offered[-index] if best > 0 else None


def _read_range(part: str) -> tuple[str, float]:
    name, *parameters = (word.strip() for word in part.split(";"))
    for parameter in parameters:
        key, _, value = parameter.partition("=")
        if key.strip().lower() == "q":
            try:
                return name.lower(), float(value)
            except ValueError:
                return name.lower(), 0.0
    return name.lower(), 1.0


def _weight(form: str, ranges: Sequence[tuple[str, float]]) -> float:
    for wanted in (form, f"{form.partition('/')[0]}/*", "*/*"):
        weights = [weight for name, weight in ranges if name == wanted]
        if weights:
            return max(weights)
    return 0.0
