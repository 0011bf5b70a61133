"""Reading bodies: the limit is decided before the rest is read, and the rest is not left lying.

A client that is still sending when the connection closes never sees its answer, so what a refused
request goes on sending is read and dropped, up to `MAX_DRAINED`.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from typing import Any, Final

from django.http import HttpRequest

from ledger.api.problems import Problem

MAX_DRAINED: Final = 64 * 1024 * 1024
_CHUNK: Final = 64 * 1024
_GZIP_WINDOW: Final = 31
# What packing may add to bytes that cannot be made shorter.
_PACKING: Final = 64 * 1024


def read_body(request: HttpRequest, *, limit: int) -> bytes:
    """Return the unpacked body of a request.

    Raises Problem: body_too_large beyond `limit` unpacked bytes, unsupported_media_type for another
    encoding than gzip, undecodable_body for a broken one or one that did not arrive whole.
    """
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding in {"", "identity"}:
        body = _joined(_arriving(request, limit=limit), limit=limit)
    elif coding in {"gzip", "x-gzip"}:
        packed = _arriving(request, limit=limit + _PACKING)
        body = _joined(_unpacked(packed), limit=limit)
    else:
        raise Problem("unsupported_media_type", "Content-Encoding must be gzip, or left out.")
    if _is_chunked(request) and not body.strip():
        # A body without a length that was cut off looks like one that is empty, and an empty one
        # can mean something.
        raise Problem("undecodable_body", "A body was announced and none came.")
    return body


def require_json(request: HttpRequest) -> None:
    """Raise Problem unless the body is declared to be JSON."""
    if request.content_type != "application/json":
        raise Problem("unsupported_media_type", "Content-Type must be application/json.")


def drain(request: HttpRequest) -> None:
    """Read and drop what was not read of a body, up to `MAX_DRAINED`."""
    if _is_waiting(request):
        return
    left = MAX_DRAINED
    try:
        for chunk in _chunks(request):
            left -= len(chunk)
            if left <= 0:
                return
    except (OSError, ValueError):
        # The client is gone; there is nobody left to read for.
        return


def _arriving(request: HttpRequest, *, limit: int) -> Iterator[bytes]:
    """Yield a body as it comes; Problem if it is too large, or ends before its declared length."""
    declared, size = _declared_length(request), 0
    if declared > limit:
        raise _too_large(limit)
    for chunk in _chunks(request):
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        yield chunk
    if size < declared:
        raise Problem("undecodable_body", f"Of {declared:,} bytes only {size:,} arrived.")


def _joined(chunks: Iterator[bytes], *, limit: int) -> bytes:
    found: list[bytes] = []
    size = 0
    for chunk in chunks:
        size += len(chunk)
        if size > limit:
            raise _too_large(limit)
        found.append(chunk)
    return b"".join(found)


def _unpacked(chunks: Iterator[bytes]) -> Iterator[bytes]:
    unpacker, begun = zlib.decompressobj(_GZIP_WINDOW), False
    try:
        for chunk in chunks:
            waiting, begun = chunk, True
            while waiting and not unpacker.eof:
                # Bounded steps: a few packed bytes may stand for gigabytes.
                yield unpacker.decompress(waiting, _CHUNK)
                waiting = unpacker.unconsumed_tail
            if waiting or unpacker.unused_data:
                # A second member; thousands of empty ones would cost much and say nothing.
                raise Problem("undecodable_body", "Something follows the end of the gzip body.")
    except zlib.error:
        raise Problem("undecodable_body", "The body is not gzip.") from None
    if begun and not unpacker.eof:
        raise Problem("undecodable_body", "The gzip body is cut off.")


def _declared_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _is_chunked(request: HttpRequest) -> bool:
    environ = getattr(request, "environ", {})
    return "HTTP_TRANSFER_ENCODING" in environ and "CONTENT_LENGTH" not in environ


def _is_waiting(request: HttpRequest) -> bool:
    """Say whether the client sends its body only when told to, and was not: reading tells it to."""
    expects = request.headers.get("Expect", "").lower() == "100-continue"
    return expects and not getattr(request, "is_body_begun", False)


def _chunks(request: HttpRequest) -> Iterator[bytes]:
    stream: Any = request
    request.is_body_begun = True  # type: ignore[attr-defined]
    if _is_chunked(request):
        # A chunked body has no length, and Django reads none; the server knows where it ends.
        stream = request.META["wsgi.input"]
    while chunk := stream.read(_CHUNK):
        yield chunk


def _too_large(limit: int) -> Problem:
    return Problem("body_too_large", f"The body may have at most {limit:,} bytes, unpacked.")
