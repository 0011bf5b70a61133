"""Processes that do not outlive the one that started them.

A child gets a signal from the kernel when its parent dies, so that even `kill -9` leaves no
orphan. Linux ties that to the thread that forked: start children from the main thread only.
"""

from __future__ import annotations

import ctypes
import os
import platform
import pwd
import signal
import subprocess
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import IO

PR_SET_PDEATHSIG = 1
LINUX = platform.system() == "Linux"
# Looked up before any fork: a child must not load libraries between fork and exec.
_LIBC = ctypes.CDLL(None, use_errno=True) if LINUX else None


@dataclass(frozen=True)
class Account:
    """The user a child runs as: ourselves, or `nobody` for a database that root started."""

    user: int
    group: int

    @property
    def is_other(self) -> bool:
        """Whether a child must change its user."""
        return self.user != os.geteuid()


def unprivileged() -> Account:
    """The account for PostgreSQL, which refuses root: `nobody` for root, else ourselves."""
    if os.geteuid() != 0:
        return Account(os.geteuid(), os.getegid())
    entry = pwd.getpwnam("nobody")
    return Account(entry.pw_uid, entry.pw_gid)


def start(
    command: Sequence[str],
    *,
    environment: Mapping[str, str],
    output: IO[bytes] | int,
    cwd: Path | str = "/",
    death_signal: signal.Signals = signal.SIGTERM,
    account: Account | None = None,
    session: bool = True,
) -> subprocess.Popen[bytes]:
    """Start a child that dies with us, by default in a session of its own.

    In its own session a Ctrl-C at the terminal does not reach it; we stop it ourselves, in order.
    """
    other = account if account is not None and account.is_other else None
    return subprocess.Popen(
        list(command),
        env=dict(environment),
        cwd=cwd,
        stdin=subprocess.DEVNULL,
        stdout=output,
        stderr=subprocess.STDOUT,
        start_new_session=session,
        user=other.user if other else None,
        group=other.group if other else None,
        extra_groups=[] if other else None,
        preexec_fn=dies_with_us(death_signal),  # noqa: PLW1509  (from the main thread)
    )


def dies_with_us(death_signal: signal.Signals) -> Callable[[], None]:
    """What a child does between fork and exec; by then it has changed its user already."""
    parent = os.getpid()

    def prepare() -> None:
        # A shell that starts us with `&` leaves SIGINT ignored, and children would inherit that.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        if _LIBC is not None:
            _LIBC.prctl(PR_SET_PDEATHSIG, int(death_signal), 0, 0, 0)
            if os.getppid() != parent:  # the parent died before the kernel knew
                os._exit(1)

    return prepare


def stop(
    child: subprocess.Popen[bytes],
    *,
    polite: signal.Signals | None = signal.SIGTERM,
    seconds: float = 15,
    hurry: Callable[[], bool] = lambda: False,
) -> None:
    """End a child: ask, wait, then kill its whole group. `hurry` shortens the wait to a second.

    `polite=None` is for a child that was asked already: some take a second signal for haste.
    """
    if polite is not None and child.poll() is None:
        child.send_signal(polite)
    deadline = time.monotonic() + seconds
    while child.poll() is None and time.monotonic() < deadline:
        if hurry():
            deadline = min(deadline, time.monotonic() + 1)
        time.sleep(0.05)
    kill_group(child.pid)
    child.wait()


def kill_group(leader: int) -> None:
    """Kill what is left of the session that `leader` led; nothing left is fine."""
    try:
        os.killpg(leader, signal.SIGKILL)
    except (ProcessLookupError, PermissionError):
        return


def command_of(process: int) -> str | None:
    """The command line of a running process, or None if there is no such process."""
    if LINUX:
        try:
            raw = Path(f"/proc/{process}/cmdline").read_bytes()
        except OSError:
            return None
        # A zombie has an empty command line and is as good as gone.
        return raw.replace(b"\0", b" ").decode(errors="replace").strip() or None
    return _ask_ps(process, "command=")


def started_at(process: int) -> str | None:
    """A mark of when a process started: with it a process id cannot be mistaken for another's."""
    if LINUX:
        try:
            stat = Path(f"/proc/{process}/stat").read_text(encoding="utf-8", errors="replace")
        except OSError:
            return None
        fields = stat.rpartition(")")[2].split()
        return None if fields[0] == "Z" else fields[19]
    return _ask_ps(process, "lstart=")


def _ask_ps(process: int, column: str) -> str | None:
    done = subprocess.run(
        ["ps", "-p", str(process), "-o", column], capture_output=True, text=True, check=False
    )
    return done.stdout.strip() or None
