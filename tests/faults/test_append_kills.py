"""A web process killed at any step of an append leaves all of it or nothing."""

from __future__ import annotations

import signal
from collections.abc import Callable
from subprocess import Popen

import pytest

from ledger import content, queries, recording
from ledger.idempotency import Earlier, request_key
from ledger.queries import LedgerRef
from tests.faults.writer import AGENT
from tests.support.cast import body, clock

POINTS = [
    "before begin",
    "after begin",
    "after claims",
    "after place",
    "before store",
    "after store",
    "before commit",
    "after commit",
    "before flush",
    "after flush",
]


def _retry(ledger: LedgerRef, key: str) -> recording.Recorded | Earlier:
    claim = request_key(AGENT.id, key, request=b"r" * 32)
    submission = content.split_parts(content.slice_members(body()))
    return recording.record_decision(ledger, submission, actor=AGENT, clock=clock, claim=claim)


@pytest.mark.parametrize("point", POINTS)
def test_a_retry_after_a_kill_leaves_one_entry(
    ledger: LedgerRef, writer: Callable[..., Popen[str]], point: str
) -> None:
    killed = writer(ledger, "key-1", point)
    _out, fault = killed.communicate(timeout=60)
    assert killed.returncode == -signal.SIGKILL, fault

    answer = _retry(ledger, "key-1")

    kinds = [header.kind for header in queries.entries_after(ledger, -1)]
    assert kinds == ["ledger.genesis", "decision.recorded"]
    committed = point in {"after commit", "before flush", "after flush"}
    assert isinstance(answer, Earlier) == committed
