"""The cast and its fresh workspace, for every test of the product."""

from __future__ import annotations

from django.test import TransactionTestCase

from tests.support.attacks import pytest_terminal_summary  # noqa: F401  a hook
from tests.support.cast import *  # noqa: F403  fixtures are found by name


def _keep_the_ledger(_self: TransactionTestCase) -> None:
    """Take the place of Django's flush after a test with real commits.

    The ledger's tables refuse TRUNCATE, always. Tests are kept apart by a fresh workspace instead.
    """


TransactionTestCase._fixture_teardown = _keep_the_ledger
