"""The web process is killed twice under load, and every acknowledged decision is there."""

from __future__ import annotations

import http.client
import json
import os
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from tests.support.product import Product, is_alive

WRITERS = 32
ROUNDS = 12
BATCH = 20


@pytest.fixture
def product() -> Iterator[Product]:
    with tempfile.TemporaryDirectory(prefix="loopgrid-kills-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        product = Product(folder / "data")
        product.up()
        yield product
        if product.child is not None and product.child.poll() is None:
            product.signal(signal.SIGTERM)


def _decision(writer: int, number: int) -> dict[str, object]:
    return {
        "service_name": f"service-{writer % 3}",
        "decision_type": "reply",
        "input": {"writer": writer, "number": number},
        "model": {"provider": "openai", "name": "gpt-4"},
        "output": {"response": "x" * 200},
    }


def _post(port: int, path: str, content: object, key: str) -> dict[str, object]:
    """Send a request until it is answered; the same key makes the repetition safe."""
    until = time.monotonic() + 60
    while time.monotonic() < until:
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30)
        try:
            connection.request(
                "POST",
                path,
                json.dumps(content),
                {"Content-Type": "application/json", "Idempotency-Key": key},
            )
            answer = connection.getresponse()
            body = json.loads(answer.read())
        except (OSError, http.client.HTTPException, ValueError):
            threading.Event().wait(0.1)
            continue
        finally:
            connection.close()
        if answer.status == 200:
            return body
        assert answer.status in {409, 503}, body
    raise AssertionError("no answer within a minute")


def _write(port: int, writer: int, acknowledged: list[str]) -> None:
    for number in range(ROUNDS):
        key = f"w{writer}-{number}"
        if writer % 4 == 0:
            items = [_decision(writer, number * BATCH + item) for item in range(BATCH)]
            body = _post(port, "/v1/decisions/batch", {"decisions": items}, key)
            acknowledged += [item["decision_id"] for item in body["results"]]
        else:
            acknowledged.append(
                _post(port, "/v1/decisions", _decision(writer, number), key)["decision_id"]
            )


def _kill_web(product: Product, *, after: int, acknowledged: list[str]) -> None:
    while len(acknowledged) < after:
        threading.Event().wait(0.02)
    victim = product.processes()["web"]
    os.killpg(victim, signal.SIGKILL)
    while is_alive(victim):
        threading.Event().wait(0.02)
    while product.processes().get("web") == victim:
        threading.Event().wait(0.05)


@pytest.mark.xdist_group("crash")
def test_thirty_two_writers_lose_nothing_while_the_web_process_is_killed_twice(
    product: Product,
) -> None:
    acknowledged: list[str] = []
    expected = sum(ROUNDS * (BATCH if writer % 4 == 0 else 1) for writer in range(WRITERS))

    with ThreadPoolExecutor(WRITERS) as pool:
        writers = [
            pool.submit(_write, product.port, writer, acknowledged) for writer in range(WRITERS)
        ]
        _kill_web(product, after=expected // 5, acknowledged=acknowledged)
        _kill_web(product, after=expected // 2, acknowledged=acknowledged)
        for writer in writers:
            writer.result()

    status, verdict = product.request("GET", "/v1/integrity/verify")
    assert (status, verdict["verdict"]) == (200, "intact"), verdict
    assert len(set(acknowledged)) == expected
    assert verdict["total"] == expected
    entries = list(_entries(product))
    assert [entry["seq"] for entry in entries] == list(range(len(entries)))
    assert set(acknowledged) <= {entry["record"] for entry in entries}


def _entries(product: Product) -> Iterator[dict[str, object]]:
    """Yield the header of every entry, page by page."""
    address: str | None = "/v1/entries?limit=200"
    while address:
        status, page = product.request("GET", address)
        assert status == 200, page
        yield from page["data"]
        after = page["next_after"]
        address = None if after is None else f"/v1/entries?limit=200&after={after}"
