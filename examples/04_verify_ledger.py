#!/usr/bin/env python3
"""Fetch a whole ledger without any content and recompute it on your own machine.

    pip install ./proof
    python3 examples/04_verify_ledger.py [FOLDER]

Settings as in 01_record.py; the key needs the scope verify. Writes what `loopgrid-verify entries`
reads, into FOLDER if one is named, and runs it. Name the verifier key you pinned in LOOPGRID_VKEY;
without it the server's own word is taken, which shows how it works and proves nothing.
"""

from __future__ import annotations

import json
import os
import sys
import tempfile
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from loopgrid_proof import cli
from loopgrid_proof.canonical import canonical_bytes

BASE_URL = os.environ.get("LOOPGRID_BASE_URL", "http://localhost:8000")
PAGE = 200


def get(path: str) -> Any:
    """Ask LoopGrid and return the JSON it answers. Raises HTTPError for a problem."""
    request = urllib.request.Request(BASE_URL + path)  # noqa: S310  http on purpose
    if os.environ.get("LOOPGRID_API_KEY"):
        request.add_header("Authorization", f"Bearer {os.environ['LOOPGRID_API_KEY']}")
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.load(answer)


def pages(path: str, position: str) -> Iterator[dict[str, Any]]:
    """Yield every item of a list that goes on from a number: `after` an entry, `before` a size."""
    address: str | None = f"{path}?limit={PAGE}"
    while address:
        page = get(address)
        yield from page["data"]
        following = page[f"next_{position}"]
        more = page["has_more"]
        address = f"{path}?limit={PAGE}&{position}={following}" if more else None


def fetch(folder: Path) -> None:
    """Write `entries.jsonl`, one leaf a line, and `checkpoints.jsonl`, ascending."""
    with (folder / "entries.jsonl").open("wb") as handle:
        for entry in pages("/v1/entries", "after"):
            handle.write(entry["leaf"].encode() + b"\n")
    notes = [
        canonical_bytes({"size": one["size"], "note": one["checkpoint"]})
        for one in pages("/v1/checkpoints", "before")
    ]
    (folder / "checkpoints.jsonl").write_bytes(b"".join(note + b"\n" for note in reversed(notes)))


def main() -> int:
    """Fetch and check; return the verifier's exit status."""
    pinned = os.environ.get("LOOPGRID_VKEY")
    keys = [pinned] if pinned else [key["vkey"] for key in get("/v1/ledger")["keys"]]
    with tempfile.TemporaryDirectory() as spare:
        folder = Path(sys.argv[1] if len(sys.argv) > 1 else spare)
        folder.mkdir(parents=True, exist_ok=True)
        fetch(folder)
        files = [str(folder / "entries.jsonl"), "--checkpoints", str(folder / "checkpoints.jsonl")]
        trusted = [word for key in keys for word in ("--vkey", key)]
        return cli.main(["entries", *files, *trusted])


if __name__ == "__main__":
    sys.exit(main())
