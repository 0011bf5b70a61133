"""A program that is kept running, and its log."""

from __future__ import annotations

import re
import subprocess
import time
from collections import deque
from collections.abc import Callable
from pathlib import Path

from loopgrid_site.embedded import children, places
from loopgrid_site.embedded.processes import Program

LONGEST_PAUSE = 30
DEATHS = 5
DEATH_WINDOW = 60
LOG_BYTES = 10_000_000
# What a notary that refuses to sign exits with: it needs a person, not another try.
REFUSED = 3
ALARMING = re.compile(
    r"(?<!%)\b(WARNING|ERROR|CRITICAL)\b"  # the standard library, granian, Celery
    r"|\"level\": ?\"(warning|error|critical)"  # and as JSON
)


class GaveUp(Exception):
    """A program died too often. Names it and its log."""


class Watched:
    """One program with its child, its deaths and its log; restarted with growing pauses."""

    def __init__(
        self, program: Program, *, logs: Path, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self.clock = clock
        self.program, self.log = program, logs / f"{program.name}.log"
        self.child: subprocess.Popen[bytes] | None = None
        self.started_at = 0.0
        self.due_at: float | None = None
        self.refused = False
        self.child_is_new = False
        self._pause = 1
        self._deaths: deque[float] = deque(maxlen=DEATHS)

    def start(self) -> None:
        """Start the program; its output is added to its log."""
        with self.log.open("ab") as output:
            self.child = children.start(
                self.program.command,
                environment=self.program.settings,
                output=output,
                cwd=places.PROJECT,
            )
        self.started_at, self.due_at, self.child_is_new = self.clock(), None, True

    def look(self) -> str | None:
        """Notice a death, restart when its time has come; return a line to tell, if any.

        Raises GaveUp after five deaths within a minute.
        """
        if self.due_at is not None:
            if self.clock() >= self.due_at:
                self.start()
            return None
        if self.refused or self.child is None or (status := self.child.poll()) is None:
            return None
        children.kill_group(self.child.pid)
        return self._died(status)

    def _died(self, status: int) -> str:
        moment, name = self.clock(), self.program.name
        if name == "notary" and status == REFUSED:
            self.refused = True
            return "the notary refuses to sign; recording goes on. Its reason is in " + str(
                self.log
            )
        if moment - self.started_at > DEATH_WINDOW:
            self._pause = 1
        self._deaths.append(moment)
        if len(self._deaths) == DEATHS and moment - self._deaths[0] < DEATH_WINDOW:
            raise GaveUp(f"{name} died {DEATHS} times within a minute; see {self.log}")
        pause = self._pause
        self.due_at = moment + pause
        self._pause = min(2 * pause, LONGEST_PAUSE)
        return f"{name} ended with status {status}; starting it again in {pause} s"

    def is_running(self) -> bool:
        """Whether the program's process is alive."""
        return self.child is not None and self.child.poll() is None


class LogFollower:
    """Shows on the terminal what is added to a log: everything, or what sounds like a warning."""

    def __init__(self, name: str, path: Path, *, everything: bool) -> None:
        self.name, self.path, self.everything = name, path, everything
        path.touch()
        self._offset, self._rest = path.stat().st_size, b""

    def lines(self) -> list[str]:
        """The complete lines that were added since the last call and are to be shown."""
        with self.path.open("rb") as handle:
            handle.seek(self._offset)
            added = handle.read()
        self._offset += len(added)
        *complete, self._rest = (self._rest + added).split(b"\n")
        texts = [line.decode(errors="replace") for line in complete]
        return [f"{self.name} | {t}" for t in texts if self.everything or ALARMING.search(t)]


def rotate(log: Path) -> None:
    """Put a log aside that has grown over 10 MB; the one before it goes."""
    if log.exists() and log.stat().st_size > LOG_BYTES:
        log.rename(log.with_name(log.name + ".1"))


def last_lines(log: Path, count: int = 20) -> str:
    """The end of a log, for a person who asks why something did not start."""
    try:
        with log.open("rb") as handle:
            handle.seek(max(0, log.stat().st_size - 20_000))
            text = handle.read().decode(errors="replace")
    except OSError:
        return ""
    return "\n".join(text.splitlines()[-count:])
