"""The published clients, installed by name and unchanged, and a product for them to call."""

from __future__ import annotations

import json
import signal
import subprocess
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import pytest

from tests.contract.clients import CLIENTS, Client
from tests.support.product import Product

Said = Mapping[str, Any]


@pytest.fixture(scope="session")
def product() -> Iterator[Product]:
    """A product in local open mode, as `manage.py up` starts it."""
    with tempfile.TemporaryDirectory(prefix="loopgrid-contract-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        product = Product(folder / "data")
        product.up()
        yield product
        product.signal(signal.SIGTERM)


@pytest.fixture(scope="session", params=CLIENTS, ids=str)
def client_name(request: pytest.FixtureRequest) -> Client:
    return request.param


@pytest.fixture(scope="session")
def said(client_name: Client, product: Product) -> Said:
    """Everything that was answered to one journey of one client."""
    command = client_name.installed_command()
    done = subprocess.run(
        [*command, f"http://localhost:{product.port}"],
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)
