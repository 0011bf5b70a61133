"""Every example does what it says, against the product as a person starts it."""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

from tests.support import product

pytestmark = [pytest.mark.xdist_group("crash"), pytest.mark.timeout(240)]
EXAMPLES = product.PROJECT / "examples"
SAYS = {
    "01_record.py": ("the same entry, not a second one", "status     recorded"),
    "02_flag_and_correct.py": ("412  stale_review", "corrected: {'response': 'I have refunded"),
    "03_verify_receipt.py": ("the same   True", "forged     refused: E_"),
    "04_verify_ledger.py": ("intact  local-", "self up to "),
    "05_record.mjs": ("recorded   #", "leaf hash  "),
}


@pytest.fixture(scope="module")
def house():
    """A running product in a folder of its own."""
    folder = Path(tempfile.mkdtemp(prefix="loopgrid-examples-"))
    folder.chmod(0o711)
    made = product.Product(folder / "data")
    made.up()
    yield made
    made.signal(signal.SIGTERM)
    shutil.rmtree(folder)


def run(house, name):
    program = [str(Path(sys.executable).with_name("node"))] if name.endswith("mjs") else []
    own = {key: value for key, value in os.environ.items() if not key.startswith(product.OURS)}
    return subprocess.run(
        [*(program or [sys.executable]), str(EXAMPLES / name)],
        env={**own, "LOOPGRID_BASE_URL": f"http://127.0.0.1:{house.port}"},
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def test_every_example_is_run_here():
    assert {path.name for path in EXAMPLES.iterdir() if path.name[0].isdigit()} == set(SAYS)


@pytest.mark.parametrize("name", sorted(SAYS))
def test_an_example_runs_and_says_what_came_of_it(house, name):
    done = run(house, name)

    assert done.returncode == 0, done.stderr
    assert [words for words in SAYS[name] if words not in done.stdout] == [], done.stdout
