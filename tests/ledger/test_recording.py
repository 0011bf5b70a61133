"""Recording: what was sent is sealed as it was sent, and is there once it is acknowledged."""

from __future__ import annotations

import threading
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from itertools import pairwise

import pytest
from django.db import connection, transaction

from accounts.actors import Actor
from ledger import content, queries, recording
from ledger.errors import Conflict, KeyReused
from ledger.idempotency import Earlier, item_key, request_key
from ledger.queries import LedgerRef
from tests.support.cast import Scene, body, clock


def _record(ledger: LedgerRef, agent: Actor, raw: bytes, **more: object) -> object:
    submission = content.split_parts(content.slice_members(raw))
    return recording.record_decision(ledger, submission, actor=agent, clock=clock, **more)


def test_the_bytes_that_were_sent_are_the_bytes_that_are_kept(scene: Scene) -> None:
    raw = body().replace(b'{"message": "I was charged twice"}', b'{"n" :  1.50, "a":1e22 }')

    recorded = scene.record(raw)

    parts = queries.content_of(scene.ledger, recorded.appended.header.seq)
    assert parts["input"].content == b'{"n" :  1.50, "a":1e22 }'


def test_decisions_get_numbers_without_a_gap(scene: Scene) -> None:
    numbers = [scene.record().appended.header.seq for _ in range(5)]

    assert numbers == [1, 2, 3, 4, 5]


def test_an_empty_object_an_empty_list_and_nothing_are_three_things(scene: Scene) -> None:
    recorded = scene.record(metadata={}, tool_calls=[], prompt=None)

    names = set(queries.content_of(scene.ledger, recorded.appended.header.seq))
    assert names == {"input", "metadata", "model", "output", "tool_calls"}


def test_thirty_two_writers_leave_one_chain(ledger: LedgerRef, agent: Actor) -> None:
    def write(_number: int) -> int:
        answer = _record(ledger, agent, body())
        connection.close()
        assert isinstance(answer, recording.Recorded)
        return answer.appended.header.seq

    with ThreadPoolExecutor(32) as writers:
        numbers = sorted(writers.map(write, range(160)))

    assert numbers == list(range(1, 161))
    headers = queries.entries_after(ledger, -1)
    assert all(b.prev == a.leaf_hash for a, b in pairwise(headers))


def test_the_same_key_and_request_leave_one_entry(ledger: LedgerRef, agent: Actor) -> None:
    claim = request_key(agent.id, "k1", request=b"a" * 32)

    first = _record(ledger, agent, body(), claim=claim)
    second = _record(ledger, agent, body(), claim=claim)

    assert isinstance(first, recording.Recorded)
    assert second == Earlier(1, first.decision_id)


def test_fifty_equal_requests_at_once_leave_one_entry(ledger: LedgerRef, agent: Actor) -> None:
    claim = request_key(agent.id, "k1", request=b"a" * 32)
    start = threading.Barrier(50)

    def write(_number: int) -> object:
        start.wait()
        answer = _record(ledger, agent, body(), claim=claim)
        connection.close()
        return answer

    with ThreadPoolExecutor(50) as writers:
        answers = list(writers.map(write, range(50)))

    assert sum(isinstance(answer, recording.Recorded) for answer in answers) == 1
    end = queries.end_of(ledger)
    assert end is not None
    assert end.size == 2


def test_another_request_under_the_same_key_is_refused(ledger: LedgerRef, agent: Actor) -> None:
    _record(ledger, agent, body(), claim=request_key(agent.id, "k1", request=b"a" * 32))

    with pytest.raises(KeyReused):
        _record(ledger, agent, body(), claim=request_key(agent.id, "k1", request=b"b" * 32))

    assert len(queries.entries_after(ledger, -1)) == 2


def test_a_source_number_is_recorded_once(scene: Scene) -> None:
    writer = {"id": "0" * 32, "seq": 7}
    scene.record(writer=writer)

    with pytest.raises(Conflict):
        scene.record(writer=writer)

    assert len(queries.entries_after(scene.ledger, -1)) == 2


def test_only_the_request_at_fault_fails_in_a_group(ledger: LedgerRef, agent: Actor) -> None:
    start = threading.Barrier(16)

    def write(number: int) -> str:
        start.wait()
        try:
            _record(ledger, agent, body(writer={"id": "0" * 32, "seq": 1 + number // 2}))
        except Conflict:
            return "refused"
        finally:
            connection.close()
        return "recorded"

    with ThreadPoolExecutor(16) as writers:
        answers = list(writers.map(write, range(16)))

    assert sorted(answers) == ["recorded"] * 8 + ["refused"] * 8


def test_recording_refuses_to_be_part_of_another_transaction(
    ledger: LedgerRef, agent: Actor
) -> None:
    with transaction.atomic(), pytest.raises(RuntimeError):
        _record(ledger, agent, body())


@pytest.fixture
def batch(ledger: LedgerRef, agent: Actor) -> Callable[..., object]:
    def run(*keys: str | None, **more: object) -> object:
        items = [
            recording.BatchItem(
                content.split_parts(content.slice_members(body(metadata={"n": number}))),
                item_key(agent.id, key, request=bytes([number]) * 32) if key else None,
            )
            for number, key in enumerate(keys)
        ]
        return recording.record_decisions(ledger, items, actor=agent, clock=clock, **more)

    return run


def test_a_batch_gets_contiguous_numbers_in_its_order(batch: Callable[..., list]) -> None:
    answers = batch(*[None] * 40)

    assert [answer.appended.header.seq for answer in answers] == list(range(1, 41))


def test_an_item_that_was_recorded_before_is_a_duplicate(batch: Callable[..., list]) -> None:
    batch("a", "b")

    again = batch("a", "b", "c")

    assert [isinstance(answer, Earlier) for answer in again] == [True, True, False]


def test_only_the_item_whose_source_number_was_used_is_refused(
    scene: Scene, ledger: LedgerRef, agent: Actor
) -> None:
    scene.record(writer={"id": "0" * 32, "seq": 2})
    numbers = [1, 2, 3, 3]
    items = [
        recording.BatchItem(
            content.split_parts(content.slice_members(body(writer={"id": "0" * 32, "seq": number})))
        )
        for number in numbers
    ]

    answers = recording.record_decisions(ledger, items, actor=agent, clock=clock)

    assert isinstance(answers, list)
    assert [isinstance(answer, Conflict) for answer in answers] == [False, True, False, True]
    with pytest.raises(Conflict):
        recording.record_decisions(ledger, items, actor=agent, clock=clock, whole=True)
    assert len(queries.entries_after(ledger, -1)) == 4


def test_a_whole_batch_with_a_refused_item_writes_nothing(
    ledger: LedgerRef, batch: Callable[..., list]
) -> None:
    batch("a")

    with pytest.raises(KeyReused):
        batch("b", "a", whole=True)

    assert len(queries.entries_after(ledger, -1)) == 2
