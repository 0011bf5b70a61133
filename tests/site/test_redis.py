"""The embedded broker."""

from __future__ import annotations

import os

import pytest

from loopgrid_site.embedded import redis


@pytest.fixture
def broker(tmp_path):
    server = redis.ValkeyServer(
        tmp_path / "valkey",
        sockets=tmp_path,
        log=tmp_path / "valkey.log",
        environment=dict(os.environ),
    )
    yield server
    server.stop()


def test_the_wheel_has_a_program_that_can_be_executed():
    program = redis.binary()

    assert os.access(program, os.X_OK)


def test_a_started_broker_answers(broker):
    broker.start()

    assert redis.answers(broker.socket)


def test_nobody_answers_after_the_stop(broker):
    broker.start()

    broker.stop()

    assert not redis.answers(broker.socket)


def test_only_its_owner_can_reach_the_socket(broker):
    broker.start()

    assert broker.socket.stat().st_mode & 0o077 == 0


def test_a_broker_that_cannot_start_names_its_log(broker):
    broker.folder.mkdir()
    broker.folder.joinpath("appendonlydir").write_text("a file where a folder belongs")

    with pytest.raises(redis.BrokerFault, match=r"valkey\.log"):
        broker.start()
