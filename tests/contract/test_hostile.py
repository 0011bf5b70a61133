"""What a socket can do to the running product: it is refused in words, and nothing is written."""

from __future__ import annotations

import contextlib
import gzip
import json
import socket
from collections.abc import Iterator
from dataclasses import dataclass, field

import pytest

from tests.support.cast import body
from tests.support.product import Product

MIB = 1024 * 1024
JSON = "Content-Type: application/json"
CHUNKED = "Transfer-Encoding: chunked"
NOTHING = b"0\r\n\r\n"


@dataclass
class Answer:
    """One answer as it came over the wire."""

    status: int
    headers: dict[str, str] = field(default_factory=dict)
    content: bytes = b""

    @property
    def code(self) -> str:
        assert self.headers["content-type"] == "application/problem+json"
        return str(json.loads(self.content)["code"])


def request(
    method: str,
    path: str,
    content: bytes = b"",
    *headers: str,
    host: str = "localhost",
    close: bool = True,
) -> bytes:
    """Return a request as bytes; with content, it has a length unless a header says otherwise."""
    lines = [f"{method} {path} HTTP/1.1", f"Host: {host}", *headers]
    if content and not any("-length:" in h.lower() or h == CHUNKED for h in headers):
        lines.append(f"Content-Length: {len(content)}")
    lines += ["Connection: close"] if close else []
    return "\r\n".join([*lines, "", ""]).encode("latin-1") + content


def recording(content: bytes, *headers: str, **more: str | bool) -> bytes:
    return request("POST", "/v1/decisions", content, JSON, *headers, **more)


def exchange(product: Product, sent: bytes, *, ends: bool = False) -> list[Answer]:
    """Send bytes and return every answer until the server closes; `ends` closes our side first."""
    received = b""
    with socket.create_connection(("127.0.0.1", product.port), timeout=60) as line:
        with contextlib.suppress(BrokenPipeError, ConnectionResetError):
            line.sendall(sent)
            if ends:
                line.shutdown(socket.SHUT_WR)
        with contextlib.suppress(ConnectionResetError):
            while some := line.recv(65536):
                received += some
    return list(answers(received))


def answers(received: bytes) -> Iterator[Answer]:
    while received:
        head, _, received = received.partition(b"\r\n\r\n")
        first, *lines = head.decode("latin-1").split("\r\n")
        headers = dict(line.lower().split(": ", 1) for line in lines)
        length = int(headers.get("content-length", "0"))
        yield Answer(int(first.split()[1]), headers, received[:length])
        received = received[length:]


def one(product: Product, sent: bytes, *, ends: bool = False) -> Answer:
    (answer,) = exchange(product, sent, ends=ends)
    return answer


def with_text(length: int) -> bytes:
    return body(input={"text": "x" * length})


def chunked(content: bytes, size: int = 65536) -> bytes:
    parts = (content[at : at + size] for at in range(0, len(content), size))
    return b"".join(b"%x\r\n%b\r\n" % (len(part), part) for part in parts) + NOTHING


@pytest.fixture
def nothing_is_written(product: Product) -> Iterator[None]:
    _status, before = product.request("GET", "/v1/decisions?page_size=1")
    yield
    _status, after = product.request("GET", "/v1/decisions?page_size=1")
    assert after["total"] == before["total"]
    assert product.request("GET", "/v1/integrity/verify")[1]["verdict"] == "intact"


refusing = pytest.mark.usefixtures("nothing_is_written")


@refusing
@pytest.mark.parametrize("mib", [9, 50, 70])
def test_who_sends_too_much_sees_why(product: Product, mib: int) -> None:
    answer = one(product, recording(with_text(mib * MIB)))

    assert (answer.status, answer.code) == (413, "body_too_large")


@refusing
def test_too_much_in_chunks_is_too_much(product: Product) -> None:
    answer = one(product, recording(chunked(with_text(9 * MIB)), CHUNKED))

    assert (answer.status, answer.code) == (413, "body_too_large")


@refusing
def test_who_asks_before_sending_too_much_is_not_told_to_go_on(product: Product) -> None:
    asked = recording(b"", "Expect: 100-continue", "Content-Length: 60000000")

    answer = one(product, asked)

    assert (answer.status, answer.code) == (413, "body_too_large")


def test_who_asks_before_sending_is_told_to_go_on(product: Product) -> None:
    sent = recording(body(), "Expect: 100-continue")

    assert [answer.status for answer in exchange(product, sent)] == [100, 200]


@refusing
def test_a_little_that_stands_for_much_is_too_much(product: Product) -> None:
    bomb = gzip.compress(b" " * 300 * MIB, 1)

    answer = one(product, recording(bomb, "Content-Encoding: gzip"))

    assert (answer.status, answer.code) == (413, "body_too_large")


@refusing
@pytest.mark.parametrize(
    ("sent", "ends"),
    [
        (recording(body(), f"Content-Length: {len(body()) + 10}"), True),
        (recording(b"", "Content-Length: 10"), True),
        (recording(b"zz\r\n", CHUNKED), True),
        (recording(b"3\r\n   \r\n", CHUNKED), True),
        (recording(NOTHING, CHUNKED), False),
        (recording(gzip.compress(body())[:-1], "Content-Encoding: gzip"), False),
    ],
    ids=["short of its length", "nothing", "no chunk", "blank", "no chunks", "half a packing"],
)
def test_a_body_that_was_cut_off_is_no_body(product: Product, sent: bytes, ends: bool) -> None:
    answer = one(product, sent, ends=ends)

    assert (answer.status, answer.code) == (400, "undecodable_body")


def test_a_flag_whose_reason_was_cut_off_is_no_flag(product: Product) -> None:
    _status, made = product.request("POST", "/v1/decisions", json.loads(body()))
    address = f"/v1/decisions/{made['decision_id']}"

    for more in ("Content-Length: 90", CHUNKED):
        answer = one(product, request("POST", f"{address}/incorrect", b"", JSON, more), ends=True)
        assert (answer.status, answer.code) == (400, "undecodable_body")

    assert product.request("GET", address)[1]["status"] == "recorded"


@refusing
@pytest.mark.parametrize(
    "length", ["-1", "+5", "0x10", "1e3", "5, 5", "9" * 30, "5\r\nContent-Length: 6"]
)
def test_a_length_that_is_none_is_refused(product: Product, length: str) -> None:
    assert one(product, recording(body(), f"Content-Length: {length}")).status == 400


@pytest.mark.parametrize("size", [1, 7, 65536])
def test_chunks_make_a_body(product: Product, size: int) -> None:
    assert one(product, recording(chunked(body(), size), CHUNKED)).status == 200


def test_a_refusal_leaves_the_line_usable(product: Product) -> None:
    sent = [
        recording(body(), "X-Request-ID: 1", close=False),
        recording(body(input="x"), close=False),
        recording(with_text(9 * MIB), close=False),
        request("GET", "/v1/ledger", body(), JSON, close=False),
        request("PUT", "/v1/decisions", body(), JSON, close=False),
        request("POST", "/health", body(), JSON, close=False),
        request("GET", "/health"),
    ]

    statuses = [answer.status for answer in exchange(product, b"".join(sent))]

    assert statuses == [200, 422, 413, 200, 405, 405, 200]


FORWARDED = ("X-Forwarded-For: 127.0.0.1", "X_Forwarded_For: 127.0.0.1", "Forwarded: for=127.0.0.1")


@refusing
@pytest.mark.parametrize("header", [*FORWARDED, "Via: 1.1 proxy", "X-Real-IP: ::1"])
def test_a_forwarded_call_needs_a_key(product: Product, header: str) -> None:
    answer = one(product, recording(body(), header))

    assert (answer.status, answer.code) == (401, "key_required")


HOSTS = ("evil.example", "localhost.evil.example", "localhost.", "localhost@evil.example", "", "é")


@refusing
@pytest.mark.parametrize("host", [*HOSTS, "127.1", "2130706433", "localhost\r\nHost: evil"])
def test_a_call_by_another_name_needs_a_key(product: Product, host: str) -> None:
    answer = one(product, recording(body(), host=host))

    assert (answer.status, answer.code) == (401, "key_required")


ORIGINS = ("http://evil.example", "null", "https://localhost", "http://localhost:1", "http://[::1")
SITES = ("cross-site", "same-site", "bogus", "")


@refusing
@pytest.mark.parametrize(
    "header", [*(f"Origin: {o}" for o in ORIGINS), *(f"Sec-Fetch-Site: {s}" for s in SITES)]
)
def test_a_page_of_another_site_may_not_call(product: Product, header: str) -> None:
    answer = one(product, recording(body(), header))

    assert (answer.status, answer.code) == (403, "cross_site_request")


@refusing
@pytest.mark.parametrize(
    ("sent", "status"),
    [
        (request("GET", "/v1/ledger?" + "x" * 9000), 414),
        (request("GET", "/health?" + "x" * 9000), 414),
        (request("GET", "/v1/ledger", b"", "X-Much: " + "x" * 17_000), 431),
        (request("GET", "/v1/ledger", b"", *(f"{'X' * 400}{i}: y" for i in range(50))), 431),
    ],
)
def test_what_is_too_long_is_refused_as_a_problem(
    product: Product, sent: bytes, status: int
) -> None:
    answer = one(product, sent)

    assert answer.status == status
    assert answer.code in {"uri_too_long", "headers_too_large"}


@refusing
@pytest.mark.parametrize(
    "path",
    [
        *("/", "/health", "/health/live", "/health/ready", "/metrics", "/openapi.json", "/docs"),
        *("/v1/decisions", "/v1/corrections", "/v1/entries", "/v1/entries/0", "/v1/ledger"),
        *("/v1/checkpoints", "/v1/integrity/verify", "/v1/integrity/runs", "/v1/jobs", "/v1/keys"),
        *("/v1/decisions/x", "/log/default/checkpoint", "/v1/nothing"),
    ],
)
def test_head_answers_as_get_does_without_the_content(product: Product, path: str) -> None:
    head, get = (one(product, request(method, path)) for method in ("HEAD", "GET"))

    assert head.status == get.status
    assert head.headers.keys() == get.headers.keys()


def test_a_look_at_an_export_is_no_export(product: Product) -> None:
    _status, before = product.request("GET", "/v1/ledger")

    answer = one(product, request("HEAD", "/v1/export/decisions"))

    assert answer.status == 200
    kinds = product.request("GET", f"/v1/entries?after={before['head_seq']}")[1]["data"]
    assert "export.made" not in [entry["kind"] for entry in kinds]
