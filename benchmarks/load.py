"""A load of HTTP requests from one thread: many connections, prepared bytes, little of our own CPU.

Each connection sends its next request as soon as the answer to the last one is read. Figures are
taken between the end of the warm-up and the end of the run.
"""

from __future__ import annotations

import selectors
import socket
import time
from collections.abc import Callable
from dataclasses import dataclass, field


@dataclass
class Report:
    """What a run saw: answers by status, latencies in seconds, the length of the measured time."""

    seconds: float = 0.0
    statuses: dict[int, int] = field(default_factory=dict)
    latencies: list[float] = field(default_factory=list)

    @property
    def rate(self) -> float:
        """Answers with status 200 a second."""
        return self.statuses.get(200, 0) / self.seconds if self.seconds else 0.0

    def percentile(self, share: float) -> float:
        """Return the latency that `share` of the answers stayed under, in milliseconds."""
        ordered = sorted(self.latencies)
        return ordered[min(len(ordered) - 1, int(share * len(ordered)))] * 1000 if ordered else 0.0


def request(
    method: str, path: str, *, host: str, key: str | None = None, body: bytes | None = None
) -> bytes:
    """Return the bytes of one request; the connection stays open."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}"]
    if key:
        lines.append(f"Authorization: Bearer {key}")
    if body is not None:
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join([*lines, "", ""]).encode() + (body or b"")


class _Connection:
    """One socket, its request under way, and what has come back of the answer."""

    def __init__(self, address: tuple[str, int]) -> None:
        self.socket = socket.create_connection(address, timeout=60)
        self.socket.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
        self.sent_at = 0.0
        self.received = b""
        self.expected = -1
        self.status = 0

    def send(self, message: bytes) -> None:
        self.received, self.expected = b"", -1
        self.sent_at = time.perf_counter()
        self.socket.sendall(message)

    def read(self) -> bool:
        """Read what is there; True when the answer is whole."""
        piece = self.socket.recv(1 << 18)
        if not piece:
            raise ConnectionError("the server closed the connection")
        self.received += piece
        if self.expected < 0:
            end = self.received.find(b"\r\n\r\n")
            if end < 0:
                return False
            head = self.received[:end].lower()
            self.status = int(head[9:12])
            self.expected = end + 4 + _length(head)
        return len(self.received) >= self.expected


def _length(head: bytes) -> int:
    place = head.find(b"content-length:")
    if place < 0:
        raise ValueError("an answer without a length cannot be measured")
    return int(head[place + 15 :].split(b"\r\n", 1)[0])


def run(
    address: tuple[str, int],
    next_request: Callable[[], bytes],
    *,
    connections: int,
    seconds: float,
    warm_up: float = 1.0,
) -> Report:
    """Keep `connections` requests under way for `seconds` after the warm-up and report on them."""
    selector = selectors.DefaultSelector()
    open_ones = [_Connection(address) for _ in range(connections)]
    for one in open_ones:
        selector.register(one.socket, selectors.EVENT_READ, one)
        one.send(next_request())
    report = Report()
    began = time.perf_counter()
    from_, until = began + warm_up, began + warm_up + seconds
    while (now := time.perf_counter()) < until:
        for key, _events in selector.select(1.0):
            one: _Connection = key.data
            if one.read():
                now = time.perf_counter()
                if from_ <= now < until:
                    report.statuses[one.status] = report.statuses.get(one.status, 0) + 1
                    report.latencies.append(now - one.sent_at)
                one.send(next_request())
    report.seconds = seconds
    _drain(selector, open_ones)
    return report


def _drain(selector: selectors.BaseSelector, open_ones: list[_Connection]) -> None:
    """Read the answers still under way, so that the next run begins with an idle server."""
    waiting = set(open_ones)
    while waiting:
        for key, _events in selector.select(5.0):
            if key.data in waiting and key.data.read():
                waiting.discard(key.data)
    for one in open_ones:
        one.socket.close()
