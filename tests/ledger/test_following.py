"""Following: every entry once, in order, and never two processes at a time."""

from __future__ import annotations

import threading

import pytest
from django.db import connection

from ledger import following
from tests.support.cast import clock

pytestmark = pytest.mark.django_db(transaction=True)


def test_a_follower_reads_every_entry_once_and_in_order(record, ledger):
    for _ in range(4):
        record()
    spans = []

    while following.follow("told", ledger, spans.append, clock=clock, step=2):
        pass
    following.follow("told", ledger, spans.append, clock=clock)

    assert [(span.after, span.upto) for span in spans] == [(-1, 1), (1, 3), (3, 4)]


def test_what_fails_is_read_again(record, ledger):
    spans = []

    def fail(span):
        spans.append(span)
        raise RuntimeError("no")

    with pytest.raises(RuntimeError):
        following.follow("told", ledger, fail, clock=clock)
    following.follow("told", ledger, spans.append, clock=clock)

    assert spans[0] == spans[1]


def test_a_second_follower_of_the_same_name_does_not_wait(record, ledger):
    spans, second = [], []

    def elsewhere():
        try:
            following.follow("told", ledger, second.append, clock=clock)
        finally:
            connection.close()

    def handle(span):
        spans.append(span)
        other = threading.Thread(target=elsewhere)
        other.start()
        other.join(20)
        assert not other.is_alive()

    following.follow("told", ledger, lambda _span: None, clock=clock)
    record()
    following.follow("told", ledger, handle, clock=clock)

    assert (len(spans), second) == (1, [])


def test_a_follower_that_is_forgotten_begins_again(record, ledger):
    spans = []
    following.follow("told", ledger, spans.append, clock=clock)

    following.begin_again("told", ledger, tables=())
    following.follow("told", ledger, spans.append, clock=clock)

    assert spans[0] == spans[1]
