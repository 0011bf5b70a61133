"""Bodies of requests arrive in time, or count as cut off.

The web server waits for a body for as long as its sender likes, and a thread that waits serves
nobody else: a few senders that fall silent would stop the product. So a body is read by a second
thread, and the one that serves waits for it no longer than a request may take, and less for a
sender who is silent.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from queue import Empty, SimpleQueue
from threading import Thread, local
from time import monotonic
from typing import Any, Final

MAX_SECONDS: Final = 25.0
MAX_SILENCE_SECONDS: Final = 10.0

Read = Callable[[int], bytes]
Application = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]


class Reader:
    """Reads for one serving thread, and is left behind with a body that does not come.

    Whoever is left behind ends when the connection does, which is soon: the server closes it after
    an answer to a request that was not read.
    """

    def __init__(self) -> None:
        self._asked: SimpleQueue[tuple[Read, int] | None] = SimpleQueue()
        self._arrived: SimpleQueue[bytes] = SimpleQueue()
        queues = (self._asked, self._arrived)
        Thread(target=_read_for_another, args=queues, name="body", daemon=True).start()

    def __del__(self) -> None:
        """Let the thread end with the one it reads for."""
        self._asked.put(None)

    def read(self, read: Read, size: int, *, seconds: float) -> bytes | None:
        """Return what `read` returns, None if that takes longer; then the reader is of no use."""
        self._asked.put((read, size))
        try:
            return self._arrived.get(timeout=seconds)
        except Empty:
            return None


def _read_for_another(
    asked: SimpleQueue[tuple[Read, int] | None], arrived: SimpleQueue[bytes]
) -> None:
    while (task := asked.get()) is not None:
        read, size = task
        try:
            arrived.put(read(size))
        except OSError:
            arrived.put(b"")


_mine = local()


class TimelyBody:
    """A `wsgi.input` that comes to its end when its time is over.

    What was read is then shorter than the request said; whoever reads tells by that.
    """

    def __init__(self, stream: Any, *, seconds: float = MAX_SECONDS) -> None:
        self._stream = stream
        self._until = monotonic() + seconds

    def read(self, size: int = -1) -> bytes:
        """Return up to `size` bytes; nothing at the end, or when the time is over."""
        return self._timely(self._stream.read, size)

    def readline(self, size: int = -1) -> bytes:
        """Return one line; nothing at the end, or when the time is over."""
        return self._timely(self._stream.readline, size)

    def hurry(self, *, seconds: float) -> None:
        """Allow no more than `seconds` from here."""
        self._until = min(self._until, monotonic() + seconds)

    def _timely(self, read: Read, size: int) -> bytes:
        left = self._until - monotonic()
        if left <= 0:
            return b""
        reader = getattr(_mine, "reader", None)
        if reader is None:
            reader = _mine.reader = Reader()
        found: bytes | None = reader.read(read, size, seconds=min(left, MAX_SILENCE_SECONDS))
        if found is None:
            self._until = 0.0
            del _mine.reader
        return found or b""


def in_time(application: Application) -> Application:
    """Return the application with every body given to it as a `TimelyBody`."""

    def timely(environ: dict[str, Any], start_response: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("CONTENT_LENGTH", "0") != "0" or "HTTP_TRANSFER_ENCODING" in environ:
            environ["wsgi.input"] = TimelyBody(environ["wsgi.input"])
        return application(environ, start_response)

    return timely
