#!/usr/bin/env python3
"""Keep a receipt of a decision and check it without trusting the server.

    pip install ./proof
    python3 examples/03_verify_receipt.py

Settings as in 01_record.py; the key needs the scopes record and verify. The verifier key is taken
from the server here, so that the example runs by itself. Whoever wants proof gets that key once,
from somebody, and pins it: a key that comes along with what it signs proves nothing.
"""

from __future__ import annotations

import json
import os
import time
import urllib.error
import urllib.request

from loopgrid_proof import notes, receipts
from loopgrid_proof.errors import Fault

BASE_URL = os.environ.get("LOOPGRID_BASE_URL", "http://localhost:8000")
DECISION = {
    "service_name": "support-agent",
    "decision_type": "customer_support_reply",
    "input": {"message": "I was charged twice"},
    "model": {"provider": "openai", "name": "gpt-4"},
    "output": {"response": "Your account looks fine."},
}
LONGEST_WAIT_S = 60
NOT_SEALED = 409


def call(method: str, path: str, body: object = None, *, accept: str = "application/json") -> bytes:
    """Ask LoopGrid and return what it answers. Raises HTTPError for a problem."""
    request = urllib.request.Request(BASE_URL + path, method=method)  # noqa: S310  http on purpose
    request.add_header("Accept", accept)
    if os.environ.get("LOOPGRID_API_KEY"):
        request.add_header("Authorization", f"Bearer {os.environ['LOOPGRID_API_KEY']}")
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        content: bytes = answer.read()
    return content


def sealed_receipt(path: str) -> bytes:
    """Return the receipt once a signed checkpoint covers the entry, usually within a second."""
    deadline = time.monotonic() + LONGEST_WAIT_S
    while True:
        try:
            return call("GET", path, accept="text/plain")
        except urllib.error.HTTPError as refused:
            if refused.code != NOT_SEALED or time.monotonic() > deadline:
                raise
        time.sleep(0.5)


def main() -> None:
    """Record, wait for the seal, check, and show that a changed receipt is refused."""
    made = json.loads(call("POST", "/v1/decisions", DECISION))
    ledger = json.loads(call("GET", "/v1/ledger"))
    pinned = [notes.parse_vkey(key["vkey"]) for key in ledger["keys"]]

    receipt = sealed_receipt(f"/v1/decisions/{made['decision_id']}/receipt")
    proven = receipts.check_receipt(receipt, trusted=pinned)
    header, checkpoint = proven.header, proven.checkpoint
    print(f"entry      #{header.seq} of {checkpoint.origin}, {header.kind}")
    print(f"recorded   {header.t}")
    print(f"sealed in  size {checkpoint.size}, root {checkpoint.root.hex()}")
    print(f"the same   {header.leaf_hash.hex() == made['chain_hash']}")

    forged = receipt.replace(b"\nindex ", b"\nindex 1", 1)
    try:
        receipts.check_receipt(forged, trusted=pinned)
    except Fault as fault:
        print(f"forged     refused: {fault}")


if __name__ == "__main__":
    main()
