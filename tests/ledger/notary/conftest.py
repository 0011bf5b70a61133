"""The notary at its desk, and somebody whom no guard stops."""

from __future__ import annotations

from tests.support.notary import desk, superuser

__all__ = ["desk", "superuser"]
