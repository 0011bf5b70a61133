"""A reviewer, a colleague and a decision on their desk."""

from __future__ import annotations

import pytest

from ledger.recording import Recorded
from tests.support.cast import Acme, Scene
from tests.support.visitors import Visitor, hire


@pytest.fixture
def ada(acme: Acme) -> Visitor:
    return hire(acme, "Ada", "reviewer")


@pytest.fixture
def ben(acme: Acme) -> Visitor:
    return hire(acme, "Ben", "reviewer")


@pytest.fixture
def noor(acme: Acme) -> Visitor:
    return hire(acme, "Noor", "compliance_officer")


@pytest.fixture
def kim(acme: Acme) -> Visitor:
    return hire(acme, "Kim", "viewer")


@pytest.fixture
def reply(scene: Scene) -> Recorded:
    """A decision to judge."""
    return scene.record()
