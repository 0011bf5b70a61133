"""What holds for every test: a database was named, and nothing outside this machine is reached.

Django is set up here, after each parallel worker was given its own two Valkey databases.
"""

from __future__ import annotations

import os
import socket
import sys
from typing import Any

import pytest

if not os.environ.get("DATABASE_URL"):
    pytest.exit("run the suite with `python3 manage.py test`; it brings a database", returncode=4)

os.environ.setdefault("LOOPGRID_MODE", "test")
os.environ.setdefault("DJANGO_SETTINGS_MODULE", "loopgrid_site.settings")
_WORKER = int(os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw"))
os.environ["LOOPGRID_TEST_REDIS_DB"] = str(2 * _WORKER)

import django  # noqa: E402  (the settings above come first)

django.setup()

_connect = socket.socket.connect


def _connect_to_this_machine(self: socket.socket, address: Any) -> None:
    """Refuse every address but loopback and local sockets."""
    if self.family in {socket.AF_INET, socket.AF_INET6}:
        host = str(address[0])
        if host not in {"localhost", "::1"} and not host.startswith("127."):
            raise RuntimeError(f"a test tried to reach {host}; tests stay on this machine")
    _connect(self, address)


socket.socket.connect = _connect_to_this_machine  # type: ignore[method-assign]

if sys.flags.optimize:
    pytest.exit("tests need assertions; run Python without -O", returncode=4)
