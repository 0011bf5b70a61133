"""Asking the running product whether all of it works."""

from __future__ import annotations

import http.client
import json
import time
from collections.abc import Callable, Sequence

from loopgrid_site.embedded import watching

SECONDS = 60
ANSWER_SECONDS = 1.5
# Each failing probe is a line in a log and a turn of a web thread: ask a few times a second.
TICKS = 3
# Readiness reports these but does not demand them; at the start they have to be there as well.
HEARTBEATS = {"worker": "worker_heartbeat", "beat": "beat_heartbeat", "notary": "notary_heartbeat"}


class NotReady(Exception):
    """Some part did not come up in time. Names it, with the end of its log."""


def wait(port: int, watched: Sequence[watching.Watched], *, tick: Callable[[], None]) -> None:
    """Return once the product answers and every process has shown a sign of life.

    `tick` is called while waiting. Raises NotReady after a minute.
    """
    deadline = time.monotonic() + SECONDS
    while True:
        for _ in range(TICKS):
            tick()
        missing = missing_parts(port, refused={w.program.name for w in watched if w.refused})
        if not missing:
            return
        if time.monotonic() > deadline:
            raise NotReady(describe(missing, watched))


def missing_parts(port: int, *, refused: set[str]) -> list[str]:
    """The names of the parts that are not ready yet; a notary that refused is not waited for."""
    status, body = get(port, "/health/ready")
    if status is None:
        return ["web"]
    try:
        report = json.loads(body)
    except ValueError:
        return ["web"]
    late = [
        name
        for name, key in HEARTBEATS.items()
        if name not in refused and state_of(report.get(key)) != "ok"
    ]
    return late if status == http.client.OK else ["web", *late]


def state_of(value: object) -> object:
    """The state in one line of the report, which may be a word or an object that holds one."""
    return value.get("state") if isinstance(value, dict) else value


def describe(missing: Sequence[str], watched: Sequence[watching.Watched]) -> str:
    """What a person needs to see when the start did not work."""
    parts = [f"not ready after {SECONDS} s: {', '.join(missing)}"]
    parts += [
        f"--- end of {one.log}\n{watching.last_lines(one.log)}"
        for one in watched
        if one.program.name in missing
    ]
    return "\n".join(parts)


def opens(page: str, port: int) -> bool:
    """Whether a page of the product answers 200."""
    return get(port, page)[0] == http.client.OK


def get(port: int, path: str) -> tuple[int | None, bytes]:
    """Ask the local product; the status is None while nobody answers."""
    # Short: while we wait here nobody looks at signals or at processes that died.
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=ANSWER_SECONDS)
    try:
        connection.request("GET", path)
        answer = connection.getresponse()
        return answer.status, answer.read()
    except (OSError, http.client.HTTPException):
        return None, b""
    finally:
        connection.close()
