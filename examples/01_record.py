#!/usr/bin/env python3
"""Record one decision and read it back, with the standard library alone.

    python3 examples/01_record.py

LOOPGRID_BASE_URL is where LoopGrid runs (http://localhost:8000), LOOPGRID_API_KEY a key with the
scopes record and read. `python3 manage.py up` needs no key from its own machine.
"""

from __future__ import annotations

import json
import os
import urllib.request
import uuid
from typing import Any

BASE_URL = os.environ.get("LOOPGRID_BASE_URL", "http://localhost:8000")
DECISION = {
    "service_name": "support-agent",
    "decision_type": "customer_support_reply",
    "input": {"message": "I was charged twice"},
    "model": {"provider": "openai", "name": "gpt-4"},
    "output": {"response": "Your account looks fine."},
}


def call(method: str, path: str, body: object = None, **headers: str) -> Any:
    """Ask LoopGrid and return the JSON it answers. Raises HTTPError for a problem."""
    request = urllib.request.Request(BASE_URL + path, method=method)  # noqa: S310  http on purpose
    for name, value in headers.items():
        request.add_header(name.replace("_", "-"), value)
    if os.environ.get("LOOPGRID_API_KEY"):
        request.add_header("Authorization", f"Bearer {os.environ['LOOPGRID_API_KEY']}")
    if body is not None:
        request.add_header("Content-Type", "application/json")
        request.data = json.dumps(body).encode()
    with urllib.request.urlopen(request, timeout=30) as answer:  # noqa: S310
        return json.load(answer)


def main() -> None:
    """Record, repeat, read."""
    key = str(uuid.uuid4())
    made = call("POST", "/v1/decisions", DECISION, Idempotency_Key=key)
    print(f"recorded   #{made['seq']}  {made['decision_id']}")
    print(f"leaf hash  {made['chain_hash']}")
    print(f"page       {made['decision_url']}")

    # A line that was cut cannot be told from one that was never there. The same key says that it is
    # the same decision, so sending it again is always safe.
    again = call("POST", "/v1/decisions", DECISION, Idempotency_Key=key)
    print(f"again      #{again['seq']}: the same entry, not a second one")

    found = call("GET", f"/v1/decisions/{made['decision_id']}")
    print(f"status     {found['status']}")


if __name__ == "__main__":
    main()
