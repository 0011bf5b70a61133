"""`manage.py up`, from the outside: started, refused, stopped, killed, started again."""

from __future__ import annotations

import os
import select
import shutil
import signal
import socket
import tempfile
from pathlib import Path

import pytest

from tests.support import product

pytestmark = [pytest.mark.xdist_group("crash"), pytest.mark.timeout(240)]
PARTS = {"postgres", "valkey", "web", "worker", "beat", "notary"}


@pytest.fixture(scope="module")
def house():
    """A product whose folder is used by one start after the other."""
    folder = Path(tempfile.mkdtemp(prefix="loopgrid-up-"))
    folder.chmod(0o711)
    made = product.Product(folder / "data")
    yield made
    if made.child is not None and made.child.poll() is None:
        made.signal(signal.SIGTERM)
    shutil.rmtree(folder)


@pytest.fixture
def running(house):
    """The product, ready; started if it is not."""
    if house.child is None or house.child.poll() is not None:
        house.up()
    return house


def ended(processes):
    """Whether all of these processes end within ten seconds; returns those that did not."""
    left = []
    for process in processes.values():
        try:
            handle = os.pidfd_open(process)
        except ProcessLookupError:
            continue
        if not select.select([handle], [], [], 10)[0]:
            left.append(process)
        os.close(handle)
    return not left


def test_it_says_where_it_is_and_that_local_calls_need_no_key(running):
    text = "".join(running.printed)

    assert f"http://localhost:{running.port}" in text
    assert str(running.folder) in text
    assert "calls from this machine need no key" in text


def test_it_prints_the_set_up_link_until_it_was_used(running):
    assert any("/setup" in line for line in running.printed)


def test_it_starts_every_part_of_the_product(running):
    assert set(running.processes()) == PARTS


def test_it_is_ready_and_takes_a_decision_without_a_key(running):
    body = {
        "service_name": "support-agent",
        "decision_type": "reply",
        "input": {"message": "?"},
        "model": {"name": "small"},
        "output": {"response": "!"},
    }

    ready, _ = running.request("GET", "/health/ready")
    recorded, _ = running.request("POST", "/v1/decisions", body)

    assert (ready, recorded) == (200, 200)


def test_a_second_start_is_refused_and_names_the_first(running):
    second = running.launch()

    output, _ = second.communicate(timeout=60)

    assert second.returncode == 3
    assert f"process {running.child.pid} at http://localhost:{running.port}" in output


def test_a_taken_port_is_named_with_another_and_nothing_is_started():
    other = product.Product(Path(tempfile.mkdtemp(prefix="loopgrid-up-")))
    other.folder.chmod(0o711)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", other.port))
        taken.listen()

        refused = other.launch()
        output, _ = refused.communicate(timeout=60)

    assert refused.returncode == 4
    assert f"LOOPGRID_PORT={other.port + 1}" in output
    assert not (other.folder / "postgres").exists()
    shutil.rmtree(other.folder)


def test_another_command_finds_the_running_product(running):
    done = running.manage("create_workspace", "default", "--if-missing")

    assert done.returncode == 0, done.stderr


def test_a_killed_worker_is_started_again(running):
    os.kill(running.processes()["worker"], signal.SIGKILL)

    line = running.read_until("worker ended")

    assert "starting it again in 1 s" in line


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_stops_everything_and_is_no_failure(house, number):
    if house.child is None or house.child.poll() is not None:
        house.up()
    processes = house.processes()

    status = house.signal(number)

    assert status == 0
    assert ended(processes)
    assert house.printed[-1] == "loopgrid: stopped\n"


def test_nothing_outlives_a_killed_supervisor_and_every_decision_is_there_again(running):
    before = running.request("GET", "/v1/decisions")[1]
    processes = running.processes()
    running.signal(signal.SIGKILL)
    assert ended(processes)

    running.up()

    assert running.request("GET", "/v1/decisions")[1]["decisions"] == before["decisions"]


def test_a_database_that_dies_stops_everything_and_is_a_failure(running):
    processes = running.processes()
    os.kill(processes["postgres"], signal.SIGKILL)

    status = running.wait()

    assert status == 1
    assert ended(processes)
