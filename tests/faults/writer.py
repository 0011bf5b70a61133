"""A process that records decisions until it is killed; started by the tests of this folder.

Usage: writer.py LEDGER_ID WORKSPACE_ID ORIGIN KEY POINT records one decision under KEY and dies at
POINT; with `stream FLUSH` in their place it prints the id of each decision that was acknowledged.
FLUSH is "flush", or "no-flush" for the control that must lose some.
"""

from __future__ import annotations

import os
import signal
import sys
import threading
from collections.abc import Callable
from typing import Any
from uuid import UUID

import django

django.setup()  # before anything that names a model

from accounts import actors  # noqa: E402
from ledger import content, recording, wire  # noqa: E402
from ledger.append import grouping  # noqa: E402
from ledger.idempotency import request_key  # noqa: E402
from ledger.queries import LedgerRef  # noqa: E402
from tests.support.cast import body, clock  # noqa: E402

AGENT = actors.service("key_" + "0" * 32)


def die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


def dying(call: Callable[..., Any], *, when: str) -> Callable[..., Any]:
    """Return `call` with a kill before or after it."""

    def run(*args: Any, **kwargs: Any) -> Any:
        if when == "before":
            die()
        answer = call(*args, **kwargs)
        die()
        return answer

    return run


def arm(point: str) -> None:
    """Kill this process at one step of an append: `before begin`, `after store`, …"""
    when, step = point.split()
    if step in {"claims", "place", "store"}:
        name = {"claims": "read_head"}.get(step, step)
        setattr(grouping, name, dying(getattr(grouping, name), when=when))
        return
    script = {"begin": "BEGIN;", "commit": "COMMIT", "flush": grouping.FLUSH}[step]
    run_script = wire.run_script

    def watched(raw: Any, text: str) -> Any:
        call = dying(run_script, when=when) if text.startswith(script) else run_script
        return call(raw, text)

    wire.run_script = watched
    # Commit and flush as two messages, as when another request waits.
    grouping._Passing.wanted = True


def record(ledger: LedgerRef, key: str | None = None) -> object:
    claim = request_key(AGENT.id, key, request=b"r" * 32) if key else None
    submission = content.split_parts(content.slice_members(body()))
    return recording.record_decision(ledger, submission, actor=AGENT, clock=clock, claim=claim)


def stream(ledger: LedgerRef) -> None:
    while True:
        answer = record(ledger)
        # One write, so that the lines of four threads never mix.
        os.write(1, f"{answer.decision_id}\n".encode())


def main() -> None:
    ledger = LedgerRef(UUID(sys.argv[1]), UUID(sys.argv[2]), sys.argv[3])
    if sys.argv[4] != "stream":
        arm(sys.argv[5])
        record(ledger, sys.argv[4])
        return
    if sys.argv[5] == "no-flush":
        grouping.FLUSH = "SELECT 1"
    for _ in range(4):
        threading.Thread(target=stream, args=(ledger,), daemon=True).start()
    threading.Event().wait()


if __name__ == "__main__":
    main()
