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


def read_body(request: HttpRequest, *, limit: int) -> bytes:
    """Return the unpacked body of a request.

    Raises Problem: body_too_large beyond `limit` unpacked bytes, unsupported_media_type for another
    encoding than gzip, undecodable_body for a broken one.
    """
    coding = request.headers.get("Content-Encoding", "identity").strip().lower()
    if coding in {"", "identity"}:
        return _read_plain(request, limit=limit)
    if coding in {"gzip", "x-gzip"}:
        return _read_gzip(request, limit=limit)
    raise Problem("unsupported_media_type", "Content-Encoding must be gzip, or left out.")


def require_json(request: HttpRequest) -> None:
    """Raise Problem unless the body is declared to be JSON."""
    if request.content_type != "application/json":
        raise Problem("unsupported_media_type", "Content-Type must be application/json.")


def drain(request: HttpRequest) -> None:
    """Read and drop what was not read of a body, up to `MAX_DRAINED`."""
    left = MAX_DRAINED
    try:
        for chunk in _chunks(request):
            left -= len(chunk)
            if left <= 0:
                return
    except (OSError, ValueError):
        # The client is gone; there is nobody left to read for.
        return


def _read_plain(request: HttpRequest, *, limit: int) -> bytes:
    if _declared_length(request) > limit:
        raise _too_large(limit)
    return _joined(_chunks(request), limit=limit)


def _read_gzip(request: HttpRequest, *, limit: int) -> bytes:
    return _joined(_unpacked(_chunks(request)), limit=limit)


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
    unpacker, ended = zlib.decompressobj(_GZIP_WINDOW), True
    try:
        for chunk in chunks:
            waiting = chunk
            while waiting:
                # Bounded steps: a few packed bytes may stand for gigabytes.
                yield unpacker.decompress(waiting, _CHUNK)
                waiting, ended = unpacker.unconsumed_tail, unpacker.eof
                if ended:
                    waiting, unpacker = unpacker.unused_data, zlib.decompressobj(_GZIP_WINDOW)
    except zlib.error:
        raise Problem("undecodable_body", "The body is not gzip.") from None
    if not ended:
        raise Problem("undecodable_body", "The gzip body is cut off.")


def _declared_length(request: HttpRequest) -> int:
    try:
        return int(request.META.get("CONTENT_LENGTH") or 0)
    except ValueError:
        return 0


def _chunks(request: HttpRequest) -> Iterator[bytes]:
    stream: Any = request
    environ = getattr(request, "environ", {})
    if environ.get("wsgi.input_terminated") and "CONTENT_LENGTH" not in environ:
        # A chunked body has no length, and Django reads none; the server knows where it ends.
        stream = environ["wsgi.input"]
    while chunk := stream.read(_CHUNK):
        yield chunk


def _too_large(limit: int) -> Problem:
    return Problem("body_too_large", f"The body may have at most {limit:,} bytes, unpacked.")
