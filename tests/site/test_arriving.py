"""A body that does not come keeps nobody: not its reader for ever, and not who serves."""

from __future__ import annotations

import io
import threading
from typing import Any

from loopgrid_site import arriving
from loopgrid_site.arriving import TimelyBody, in_time


class Silent:
    """A body whose sender falls silent after what was sent, until `closed`."""

    def __init__(self, sent: bytes = b"") -> None:
        self.sent, self.closed = io.BytesIO(sent), threading.Event()

    def read(self, size: int = -1) -> bytes:
        return self.sent.read(size) or self._wait()

    readline = read

    def _wait(self) -> bytes:
        self.closed.wait()
        return b""


def readers() -> set[threading.Thread]:
    return {thread for thread in threading.enumerate() if thread.name == "body"}


def test_a_body_that_comes_is_read_as_it_is() -> None:
    body = TimelyBody(io.BytesIO(b"one\ntwo\nthree"))

    assert (body.readline(), body.read(3), body.read(), body.read()) == (
        b"one\n",
        b"two",
        b"\nthree",
        b"",
    )


def test_a_silent_sender_ends_the_body() -> None:
    silent = Silent(b"half")
    body = TimelyBody(silent, seconds=0.05)

    assert (body.read(), body.read(), body.readline()) == (b"half", b"", b"")
    silent.closed.set()


def test_the_reader_that_was_left_behind_ends_with_its_connection() -> None:
    silent = Silent()
    TimelyBody(io.BytesIO()).read()
    mine = readers()
    TimelyBody(silent, seconds=0.01).read()

    silent.closed.set()
    for thread in mine:
        thread.join(timeout=5)

    assert not mine & readers()


def test_a_serving_thread_has_one_reader_and_takes_it_along() -> None:
    before: set[threading.Thread] = readers()
    during: set[threading.Thread] = set()

    def serve() -> None:
        for _ in range(3):
            TimelyBody(io.BytesIO(b"x")).read()
        during.update(readers() - before)

    serving = threading.Thread(target=serve)
    serving.start()
    serving.join()
    for thread in during:
        thread.join(timeout=5)

    assert len(during) == 1
    assert not during & readers()


def test_after_a_silent_sender_the_next_body_is_read() -> None:
    silent = Silent()
    TimelyBody(silent, seconds=0.01).read()

    assert TimelyBody(io.BytesIO(b"next")).read() == b"next"
    silent.closed.set()


def test_a_hurried_body_has_no_more_time_than_that() -> None:
    silent = Silent()
    body = TimelyBody(silent)
    body.hurry(seconds=0.01)

    assert body.read() == b""
    silent.closed.set()


def test_a_connection_that_breaks_ends_the_body() -> None:
    class Broken(io.BytesIO):
        def read(self, _size: int | None = -1) -> bytes:
            raise ConnectionResetError

    assert TimelyBody(Broken()).read() == b""


def test_a_request_without_a_body_is_left_alone() -> None:
    given: list[Any] = []

    def application(environ: dict[str, Any], _start: Any) -> list[bytes]:
        given.append(type(environ["wsgi.input"]))
        return []

    chunked = {"HTTP_TRANSFER_ENCODING": "chunked"}
    for more in ({}, {"CONTENT_LENGTH": "0"}, {"CONTENT_LENGTH": "3"}, chunked):
        in_time(application)({"wsgi.input": io.BytesIO(), **more}, print)

    assert given == [io.BytesIO, io.BytesIO, TimelyBody, TimelyBody]


def test_nobody_waits_longer_than_a_request_may_take() -> None:
    assert arriving.MAX_SILENCE_SECONDS < arriving.MAX_SECONDS <= 25
