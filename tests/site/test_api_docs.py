"""The description of the API is what runs, and its page needs nobody else."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.test import Client
from django.urls import URLPattern, URLResolver, get_resolver

from ledger.api.documenting.tables import OPERATIONS
from ledger.api.problems import KINDS
from loopgrid_site.api_docs import description
from loopgrid_site.middleware import is_program_path

# Answers are closed, and with them the connections of this process are looked at.
pytestmark = pytest.mark.django_db

PROJECT = Path(__file__).resolve().parents[2]
WRITE_AGAIN = "write it again: python3 manage.py spectacular --file docs/openapi.yaml"


def test_the_file_in_the_repository_is_the_running_description(client: Client) -> None:
    kept = yaml.safe_load((PROJECT / "docs" / "openapi.yaml").read_text(encoding="utf-8"))

    served = client.get("/openapi.json").json()

    assert kept == served, WRITE_AGAIN


def test_every_address_for_programs_is_described() -> None:
    described = {re.sub(r"\{\w+\}", "*", address) for address in description()["paths"]}

    addresses = {address for address in program_addresses(get_resolver()) if address != "/v1/*/"}

    assert addresses <= described


def test_no_address_is_described_that_does_not_exist() -> None:
    written = {operation.split(" ")[1] for operation in OPERATIONS}

    assert written == set(description()["paths"])


def test_every_operation_has_a_name_of_its_own() -> None:
    names = [operation.name for operation in OPERATIONS.values()]

    assert len(names) == len(set(names))


def test_every_problem_is_explained_at_the_address_its_type_names(client: Client) -> None:
    page = client.get("/docs/errors").content.decode()

    assert [code for code in KINDS if f'id="{code}"' not in page] == []


def test_the_page_loads_everything_from_here(client: Client) -> None:
    page = client.get("/docs").content.decode()

    addresses = re.findall(r'(?:src|href)="([^"]+)"', page)
    assert addresses
    assert [address for address in addresses if not address.startswith("/")] == []
    for address in addresses:
        with closing(client.get(address)) as answer:
            assert answer.status_code == 200, address


def test_only_the_page_of_the_api_may_use_inline_styles(client: Client) -> None:
    policy = {
        path: client.get(path).headers["Content-Security-Policy"] for path in ("/docs", "/login")
    }

    assert "'unsafe-inline'" in policy["/docs"]
    assert "'unsafe-inline'" not in policy["/login"]
    assert "script-src 'self';" in f"{policy['/docs']};"


@pytest.mark.parametrize("path", ["/redoc"])
def test_other_names_lead_to_the_page(client: Client, path: str) -> None:
    answer = client.get(path)

    assert (answer.status_code, answer.headers["Location"]) == (302, "/docs")


def program_addresses(resolver: Any, before: str = "/") -> Iterator[str]:
    """Every address under the paths of programs, with `*` for what varies."""
    for found in resolver.url_patterns:
        here = before + spelled(found)
        if isinstance(found, URLResolver):
            yield from program_addresses(found, here)
        elif isinstance(found, URLPattern) and is_program_path(here):
            yield here


def spelled(found: Any) -> str:
    text = str(found.pattern).removeprefix("^").removesuffix("$").removesuffix(r"\Z")
    text = re.sub(r"<[^>]+>", "*", text) if "(?P" not in text else text
    return re.sub(r"\(\?P<\w+>(?:[^()]|\([^()]*\))*\)", "*", text).replace("(?P*", "*")
