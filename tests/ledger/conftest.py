"""A notary for the tests of what it signed."""

from __future__ import annotations

from tests.support.notary import desk

__all__ = ["desk"]
