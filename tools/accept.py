#!/usr/bin/env python3
"""Acceptance on a fresh machine: the whole life of a local product, from the first start on.

    python3 tools/accept.py

Standard library only. Uses LOOPGRID_PORT (8000) and a data folder of its own, which it removes.
Prints one line a step; the first step that does not hold ends it with status 1.
"""

from __future__ import annotations

import contextlib
import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[1]
PORT = int(os.environ.get("LOOPGRID_PORT") or "8000")
# The registries of Python packages, made unreachable: a second start must not want them.
NO_NETWORK = dict.fromkeys(
    ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy", "PIP_INDEX_URL"),
    "http://127.0.0.1:9",
)
DECISION = {
    "service_name": "support-agent",
    "decision_type": "customer_reply",
    "input": {"message": "I was charged twice"},
    "model": {"provider": "openai", "name": "gpt-4"},
    "output": {"response": "Please contact billing."},
}
CORRECTION = {"correction": {"response": "I have refunded it."}, "corrected_by": "ada@example.com"}


class NotAccepted(Exception):
    """A step did not hold. Says what was found."""


def expect(holds: object, found: object) -> None:
    """Raise NotAccepted with what was found unless `holds`."""
    if not holds:
        raise NotAccepted(f"found {found!r}"[:4000])


class Product:
    """The product as a person runs it, in a folder of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.child: subprocess.Popen[str] | None = None
        self.printed: list[str] = []

    def launch(self, **more: str) -> subprocess.Popen[str]:
        """Start `up` and return at once."""
        return subprocess.Popen(
            [sys.executable, str(PROJECT / "manage.py"), "up"],
            cwd=PROJECT,
            env={**os.environ, "LOOPGRID_DATA_DIR": str(self.folder), **more},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
        )

    def up(self, **more: str) -> float:
        """Start, wait until it says that it is ready, and return the seconds that took."""
        begun = time.monotonic()
        self.child, self.printed = self.launch(**more), []
        assert self.child.stdout is not None
        for line in self.child.stdout:
            self.printed.append(line)
            if "Ctrl-C stops it" in line:
                return time.monotonic() - begun
        raise NotAccepted("it ended:\n" + "".join(self.printed[-40:]))

    def end(self, number: signal.Signals) -> int:
        """Send a signal to the supervisor alone; return its exit status."""
        assert self.child is not None
        self.child.send_signal(number)
        output, _ = self.child.communicate(timeout=90)
        self.printed.append(output)
        return self.child.returncode

    def processes(self) -> dict[str, list[Any]]:
        """The parts that run: name, process id, start mark."""
        run = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        found: dict[str, list[Any]] = run["processes"]
        return found


def request(method: str, path: str, body: object = None) -> Any:
    """Ask the product as a published client does, and return the JSON of a 200 answer."""
    connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=30)
    text = None if body is None else json.dumps(body)
    connection.request(method, path, text, {"Content-Type": "application/json"})
    answer = connection.getresponse()
    content = answer.read()
    connection.close()
    expect(answer.status == http.client.OK, (method, path, answer.status, content[:500]))
    return json.loads(content)


def first_start(product: Product) -> None:
    """From a clone to a ready product, whatever had to be installed."""
    seconds = product.up()
    text = "".join(product.printed)
    print(f"      ready after {seconds:.1f} s")
    expect(f"http://localhost:{PORT}" in text and "need no key" in text, text)
    expect("/setup" in text, text)
    expect(request("GET", "/health")["status"] == "healthy", text)


def quick_start(_product: Product) -> None:
    """Record, flag, correct, read, list and verify, without a key."""
    made = request("POST", "/v1/decisions", DECISION)
    name = made["decision_id"]
    expect(made["input"] == DECISION["input"] and made["status"] == "recorded", made)
    flagged = request("POST", f"/v1/decisions/{name}/incorrect", {"reason": "no refund"})
    expect(flagged["status"] == "incorrect", flagged)
    corrected = request("POST", f"/v1/decisions/{name}/correction", CORRECTION)
    expect(corrected["status"] == "corrected", corrected)
    expect(request("GET", f"/v1/decisions/{name}") == corrected, corrected)
    expect(request("GET", "/v1/decisions")["total"] == 1, "another number of decisions")
    verified(product=_product)


def verified(product: Product) -> None:
    """Everything recomputed matches, and every decision is there."""
    del product
    answer = request("GET", "/v1/integrity/verify")
    expect(answer["valid"] is True and answer["total"] == 1, answer)
    expect(answer["verdict"] == "intact", answer)


def stops(product: Product) -> None:
    """Ctrl-C is answered by a clean stop: exit 0, nothing left."""
    processes = product.processes()
    status = product.end(signal.SIGINT)
    expect(status == 0, (status, product.printed[-1:]))
    nothing_left(processes)


def second_start(product: Product) -> None:
    """It starts again within ten seconds and without a registry; the data is there."""
    seconds = product.up(**NO_NETWORK)
    print(f"      ready after {seconds:.1f} s")
    expect(seconds < 10, seconds)  # noqa: PLR2004
    verified(product)


def refuses_a_second(product: Product) -> None:
    """A second instance on the same data is refused and names the first."""
    second = product.launch()
    output, _ = second.communicate(timeout=60)
    expect(second.returncode == 3 and f"localhost:{PORT}" in output, output)  # noqa: PLR2004


def refuses_a_busy_port(product: Product) -> None:
    """Another program on the port is not pushed aside."""
    stops(product)
    with socket.socket() as taken:
        taken.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        taken.bind(("127.0.0.1", PORT))
        taken.listen()
        refused = product.launch()
        output, _ = refused.communicate(timeout=60)
    expect(refused.returncode == 4 and f"LOOPGRID_PORT={PORT + 1}" in output, output)  # noqa: PLR2004


def survives_a_kill(product: Product) -> None:
    """After kill -9 no process is left, and the next start has every decision and its verdict."""
    product.up()
    processes = product.processes()
    product.end(signal.SIGKILL)
    nothing_left(processes)
    product.up()
    verified(product)
    stops(product)


def nothing_left(processes: dict[str, list[Any]]) -> None:
    """Wait up to ten seconds until none of the processes runs."""
    deadline = time.monotonic() + 10
    left = dict(processes)
    while left and time.monotonic() < deadline:
        left = {name: found for name, found in left.items() if is_alive(*found)}
        time.sleep(0.1)
    expect(not left, left)


def is_alive(process: int, started: str) -> bool:
    """Whether the process that began at this mark still runs; a zombie does not."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return False
    fields = stat.rpartition(")")[2].split()
    return fields[0] != "Z" and fields[19] == started


STEPS = (
    first_start,
    quick_start,
    stops,
    second_start,
    refuses_a_second,
    refuses_a_busy_port,
    survives_a_kill,
)


@contextlib.contextmanager
def product_in_a_folder() -> Iterator[Product]:
    """A product on a folder that root's database can walk to; both are gone afterwards."""
    folder = Path(tempfile.mkdtemp(prefix="loopgrid-accept-"))
    folder.chmod(0o711 if os.geteuid() == 0 else 0o700)
    product = Product(folder / "data")
    try:
        yield product
    finally:
        if product.child is not None and product.child.poll() is None:
            product.end(signal.SIGTERM)
        shutil.rmtree(folder, ignore_errors=True)


def main() -> int:
    """Take every step in order."""
    with product_in_a_folder() as product:
        for number, step in enumerate(STEPS, start=1):
            print(f"{number}/{len(STEPS)}  {(step.__doc__ or '').strip()}", flush=True)
            try:
                step(product)
            except (NotAccepted, OSError, ValueError, KeyError) as fault:
                print(f"NOT ACCEPTED: {fault}", flush=True)
                return 1
    print("accepted")
    return 0


if __name__ == "__main__":
    sys.exit(main())
