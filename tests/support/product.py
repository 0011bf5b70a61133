"""The whole product, started as a person starts it, in a folder of its own."""

from __future__ import annotations

import http.client
import json
import os
import signal
import socket
import subprocess
import sys
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[2]
OURS = ("DATABASE_", "REDIS_", "LOOPGRID_", "SECRET_KEY", "DJANGO_", "PYTEST_")


class Product:
    """One `manage.py up` after another on the same folder and port."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.port = folder, free_port()
        self.child: subprocess.Popen[str] | None = None
        self.printed: list[str] = []

    def environment(self, **more: str) -> dict[str, str]:
        """What a person's shell would have, plus where this product lives."""
        own = {k: v for k, v in os.environ.items() if not k.startswith(OURS)}
        place = {"LOOPGRID_DATA_DIR": str(self.folder), "LOOPGRID_PORT": str(self.port)}
        return {**own, **place, "LOOPGRID_BOOTSTRAP": "0", **more}

    def launch(self, **more: str) -> subprocess.Popen[str]:
        """Start `up` and return at once. SIGINT is ignored, as a script's `&` leaves it."""
        return subprocess.Popen(
            [sys.executable, str(PROJECT / "manage.py"), "up"],
            env=self.environment(**more),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            start_new_session=True,
            preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),  # noqa: PLW1509
        )

    def up(self) -> None:
        """Start the product and return when it says that it is ready."""
        self.child, self.printed = self.launch(), []
        self.read_until("Ctrl-C stops it.")

    def read_until(self, words: str) -> str:
        """Read what the product prints up to a line with `words`, and return that line."""
        for line in self.child.stdout:
            self.printed.append(line)
            if words in line:
                return line
        self.wait()
        raise AssertionError("the product ended: " + "".join(self.printed))

    def signal(self, number: signal.Signals) -> int:
        """Send a signal to the supervisor alone and return its exit status."""
        self.child.send_signal(number)
        return self.wait()

    def wait(self) -> int:
        """Return the exit status, when it ends."""
        self.printed += self.child.stdout.readlines()
        status = self.child.wait(timeout=90)
        self.child.stdout.close()
        return status

    def processes(self) -> dict[str, int]:
        """The process ids of the parts that run, by name."""
        run = json.loads((self.folder / "run.json").read_text(encoding="utf-8"))
        return {name: pid for name, (pid, _started) in run["processes"].items()}

    def request(self, method: str, path: str, body: object = None) -> tuple[int, dict]:
        """Ask the product on its port, without a key; return status and JSON body."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=30)
        text = None if body is None else json.dumps(body)
        connection.request(method, path, text, {"Content-Type": "application/json"})
        answer = connection.getresponse()
        content = answer.read()
        connection.close()
        return answer.status, json.loads(content or b"null")

    def manage(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """Run another command in a second shell, which has no settings."""
        return subprocess.run(
            [sys.executable, str(PROJECT / "manage.py"), *arguments],
            env=self.environment(),
            capture_output=True,
            text=True,
            check=False,
        )


def free_port() -> int:
    """A port on which nobody listens."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def is_alive(process: int) -> bool:
    """Whether a process runs; a zombie does not."""
    try:
        state = Path(f"/proc/{process}/stat").read_text(encoding="utf-8").rpartition(")")[2]
    except OSError:
        return False
    return state.split()[0] != "Z"
