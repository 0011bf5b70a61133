#!/usr/bin/env python3
"""Call every operation of the description with made-up values, and look at every answer.

    .venv/bin/python tools/fuzz_api.py [--examples 100] [--seed 1] [MODE …]

Starts a product of its own and has Schemathesis call it in four modes: without a key as local open
mode allows, with a key of every scope but admin, with an admin key over the routes of keys, and
with another one that ends keys. Nothing may answer 5xx, or otherwise than the description says.
Afterwards the ledger must be intact, by `verify` and by a full run. Prints a line a mode; the
answers that were wrong stand before it. Takes minutes; the status is 0 if all held.
"""

from __future__ import annotations

import argparse
import os
import re
import signal
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

PROJECT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(PROJECT))

from tests.support.product import Product  # noqa: E402  found by the path above

CHECKS = (
    "not_a_server_error",
    "status_code_conformance",
    "content_type_conformance",
    "response_schema_conformance",
    "response_headers_conformance",
    "unsupported_method",
)
# Nobody is told to wait: 429 would hide every other answer.
UNLIMITED = "record=1000000,default=1000000,heavy=1000000"
RUN_SECONDS = 300
ENDS_KEYS = "^/v1/keys/.+/(revoke|rotate)$"


@dataclass(frozen=True)
class Mode:
    """Which operations are called, and what the key for them may do; without scopes, no key."""

    name: str
    scopes: str = ""
    options: tuple[str, ...] = ()


MODES = (
    Mode("open"),
    Mode("key", "record,read,review,export,verify,ops"),
    Mode("admin", "admin", ("--include-path-regex=^/v1/keys", f"--exclude-path-regex={ENDS_KEYS}")),
    Mode("ending", "admin", (f"--include-path-regex={ENDS_KEYS}",)),
)


class Fuzzed(Product):
    """A product that never tells a caller to wait."""

    def environment(self, **more: str) -> dict[str, str]:
        """What a person's shell would have, plus allowances that nobody uses up."""
        return super().environment(LOOPGRID_RATES=UNLIMITED, **more)


def main() -> int:
    """Run the modes that were named, or all of them, and return the exit status."""
    chosen = argparse.ArgumentParser(description=(__doc__ or "").partition("\n")[0])
    chosen.add_argument("modes", nargs="*", metavar="MODE", help=", ".join(m.name for m in MODES))
    chosen.add_argument("--examples", type=int, default=100)
    chosen.add_argument("--seed", type=int, default=1)
    asked = chosen.parse_args()
    modes = [mode for mode in MODES if not asked.modes or mode.name in asked.modes]
    with tempfile.TemporaryDirectory(prefix="loopgrid-fuzz-") as name:
        folder = Path(name)
        folder.chmod(0o755)  # the database runs as another user when we are root
        product = Fuzzed(folder / "data")
        product.up()
        try:
            held = [fuzz(product, mode, examples=asked.examples, seed=asked.seed) for mode in modes]
            return 0 if all([*held, is_intact(product)]) else 1
        finally:
            product.signal(signal.SIGTERM)


def fuzz(product: Product, mode: Mode, *, examples: int, seed: int) -> bool:
    """Call the operations of one mode and say whether every answer was right."""
    numbers = (f"--max-examples={examples}", f"--seed={seed}", "--request-timeout=60")
    command = [
        *(str(Path(sys.executable).parent / "schemathesis"), "--no-color", "run"),
        f"http://127.0.0.1:{product.port}/openapi.json",
        *("--phases=examples,coverage,fuzzing", "--continue-on-failure", "--no-shrink"),
        *("--suppress-health-check=all", f"--checks={','.join(CHECKS)}", *numbers),
        *mode.options,
    ]
    if mode.scopes:
        made = product.manage("create_key", "--scopes", mode.scopes)
        command.append(f"--header=Authorization: Bearer {made.stdout.split()[-1]}")
    done = subprocess.run(
        command, capture_output=True, text=True, check=False, cwd=product.folder, env=bare()
    )
    if done.returncode != 0:
        print(done.stdout, done.stderr)
    cases = re.search(r"^ *\d+ generated.*$", done.stdout, re.MULTILINE)
    print(f"{mode.name:8} {cases[0].strip() if cases else 'did not run'}", flush=True)
    return done.returncode == 0 and cases is not None


def bare() -> dict[str, str]:
    """Return our environment without what the product or the tool would read from it."""
    return {k: v for k, v in os.environ.items() if not k.startswith(("LOOPGRID_", "SCHEMATHESIS_"))}


def is_intact(product: Product) -> bool:
    """Say whether the ledger is intact, looked at twice: at once, and by a full run."""
    _status, at_once = product.request("GET", "/v1/integrity/verify")
    _status, run = product.request("POST", "/v1/integrity/runs", {})
    until = time.monotonic() + RUN_SECONDS
    while run["state"] in {"queued", "running"} and time.monotonic() < until:
        time.sleep(1)
        _status, run = product.request("GET", f"/v1/integrity/runs/{run['run_id']}")
    print(f"ledger   {at_once['verdict']}: {at_once['message']}")
    print(f"full run {run['state']}, {run['verdict']}: {run['message']}")
    return at_once["verdict"] == run["verdict"] == "intact"


if __name__ == "__main__":
    sys.exit(main())
