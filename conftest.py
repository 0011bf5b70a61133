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

WITHOUT_BROWSER = "no Chromium: `apt-get install chromium` or LOOPGRID_CHROMIUM=/path"


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Keep browser tests on one worker, and leave them out where there is no browser."""
    for item in items:
        if "journeys" not in item.path.parts:
            continue
        item.add_marker("browser")
        item.add_marker(pytest.mark.xdist_group("browser"))
        if not os.environ.get("LOOPGRID_CHROMIUM"):
            item.add_marker(pytest.mark.skip(reason=WITHOUT_BROWSER))


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Say last, and loudly, what was left out."""
    skipped = terminalreporter.stats.get("skipped", [])
    count = sum(WITHOUT_BROWSER in str(report.longrepr) for report in skipped)
    if count:
        terminalreporter.write_line(f"NOT TESTED: {count} TESTS OF PAGES. {WITHOUT_BROWSER}")
