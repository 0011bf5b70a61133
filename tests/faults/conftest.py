"""The writer beside the test, on the test's own database."""

from __future__ import annotations

import subprocess
from collections.abc import Callable

import pytest

from ledger.queries import LedgerRef
from tests.faults.starting import database_url, start_writer

Start = Callable[..., "subprocess.Popen[str]"]


@pytest.fixture
def writer() -> Start:
    def start(ledger: LedgerRef, *words: str) -> subprocess.Popen[str]:
        return start_writer(ledger, *words, url=database_url())

    return start
