"""A program that calls the API of one workspace with a key of its own."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts import granting
from accounts.granting import KeyTerms
from accounts.models import Workspace
from tests.support.cast import Acme, body

__all__ = ["Api", "api", "body", "key_for"]

ALL = ("record", "read", "review", "export", "verify", "ops", "admin")


@dataclass
class Api:
    """The HTTP door as a key holder sees it; bodies are JSON unless they are bytes."""

    secret: str | None
    client: Client

    def get(self, path: str, **headers: str) -> HttpResponse:
        return self.client.get(path, headers=self._headers(headers))

    def head(self, path: str, **headers: str) -> HttpResponse:
        return self.client.head(path, headers=self._headers(headers))

    def post(
        self, path: str, content: Any = b"", *, media: str = "application/json", **headers: str
    ) -> HttpResponse:
        raw = content if isinstance(content, bytes) else json.dumps(content).encode()
        return self.client.generic(
            "POST", path, raw, content_type=media, headers=self._headers(headers)
        )

    def record(self, **members: Any) -> dict[str, Any]:
        """Record a decision and return it as it was answered."""
        return self.post("/v1/decisions", body(**members)).json()

    def _headers(self, given: dict[str, str]) -> dict[str, str]:
        named = {name.replace("_", "-"): value for name, value in given.items()}
        return named if self.secret is None else {"Authorization": f"Bearer {self.secret}", **named}


def key_for(workspace: Workspace, *scopes: str, **terms: Any) -> str:
    """Return the secret of a key with these scopes; a service key, unless it has an owner."""
    wanted = KeyTerms(name="a program", scopes=scopes, **terms)
    maker = wanted.owner.public_id if wanted.owner else "console"
    issued = granting.add_key(workspace, wanted, created_by=maker, at=timezone.now())
    return issued.secret


@pytest.fixture
def api(acme: Acme) -> Api:
    """A program whose key has every scope."""
    return Api(key_for(acme.workspace, *ALL), Client(raise_request_exception=False))
