"""Programs that are kept running."""

from __future__ import annotations

import os
import sys

import pytest

from loopgrid_site.embedded import watching
from loopgrid_site.embedded.processes import Program


class Clock:
    """Seconds that pass when a test says so."""

    def __init__(self):
        self.seconds = 100.0

    def __call__(self):
        return self.seconds


@pytest.fixture
def clock():
    return Clock()


@pytest.fixture
def watch(tmp_path, clock):
    started = []

    def start(name, code):
        command = (sys.executable, "-I", "-c", code)
        program = Program(name, command, dict(os.environ))
        watched = watching.Watched(program, logs=tmp_path, clock=clock)
        started.append(watched)
        watched.start()
        return watched

    yield start
    for watched in started:
        if watched.is_running():
            watched.child.kill()
            watched.child.wait()


def test_a_program_that_runs_is_left_alone(watch):
    watched = watch("web", "import signal; signal.pause()")

    assert watched.look() is None
    assert watched.is_running()


def test_a_dead_program_is_started_again_when_its_pause_is_over(watch, clock):
    watched = watch("web", "raise SystemExit(9)")
    first = watched.child
    first.wait()

    line = watched.look()
    clock.seconds += 1
    watched.look()

    assert line == "web ended with status 9; starting it again in 1 s"
    assert watched.child is not first


def test_it_is_not_started_again_before(watch, clock):
    watched = watch("web", "raise SystemExit(9)")
    first = watched.child
    first.wait()
    watched.look()

    clock.seconds += 0.9
    watched.look()

    assert watched.child is first


def test_pauses_double_and_five_deaths_within_a_minute_end_it(watch, clock):
    watched = watch("worker", "raise SystemExit(1)")
    lines = []

    for _ in range(4):
        watched.child.wait()
        lines.append(watched.look())
        clock.seconds = watched.due_at
        watched.look()
    watched.child.wait()

    with pytest.raises(watching.GaveUp, match="worker died 5 times"):
        watched.look()
    assert [line.rsplit(" in ")[1] for line in lines] == ["1 s", "2 s", "4 s", "8 s"]


def test_a_program_that_lived_for_long_starts_again_quickly(watch, clock):
    watched = watch("beat", "raise SystemExit(1)")
    for _ in range(2):
        watched.child.wait()
        watched.look()
        clock.seconds = watched.due_at
        watched.look()
    watched.child.wait()

    clock.seconds += 61

    assert watched.look().endswith("in 1 s")


def test_a_notary_that_refuses_is_not_started_again(watch, clock):
    watched = watch("notary", f"raise SystemExit({watching.REFUSED})")
    watched.child.wait()

    line = watched.look()
    clock.seconds += 100
    watched.look()

    assert "refuses to sign; recording goes on" in line
    assert not watched.is_running()


def test_the_terminal_shows_warnings_and_the_log_has_all(tmp_path):
    log = tmp_path / "web.log"
    quiet = watching.LogFollower("web", log, everything=False)
    verbose = watching.LogFollower("web", log, everything=True)

    log.write_text("2026 INFO started\n2026 WARNING odd\nhalf a li")

    assert quiet.lines() == ["web | 2026 WARNING odd"]
    assert verbose.lines() == ["web | 2026 INFO started", "web | 2026 WARNING odd"]


def test_a_log_over_ten_megabytes_is_put_aside(tmp_path):
    log = tmp_path / "web.log"
    log.write_bytes(b"x" * 10_000_001)

    watching.rotate(log)

    assert not log.exists()
    assert (tmp_path / "web.log.1").stat().st_size == 10_000_001
