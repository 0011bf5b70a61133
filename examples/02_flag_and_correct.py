#!/usr/bin/env python3
"""Say that a decision was wrong, and what would have been right; nothing is overwritten.

    python3 examples/02_flag_and_correct.py

Settings as in 01_record.py; the key needs the scopes record, read and review.
"""

from __future__ import annotations

import json
import os
import urllib.error
import urllib.request
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
    """Flag, correct with a condition, and read the history."""
    made = call("POST", "/v1/decisions", DECISION)
    address = f"/v1/decisions/{made['decision_id']}"

    flagged = call("POST", f"{address}/incorrect", {"reason": "The customer was charged twice."})
    print(f"#{made['seq']}  {flagged['status']}: {flagged['incorrect_reason']}")

    correction = {
        "correction": {"response": "I have refunded the second charge."},
        "corrected_by": "ada@example.com",
    }
    # If-Match names the newest entry we have seen. Without it, two people could answer each other
    # without knowing.
    try:
        call("POST", f"{address}/correction", correction, If_Match=f'"{made["seq"]}"')
    except urllib.error.HTTPError as refused:
        problem = json.load(refused)
        print(f"{refused.code}  {problem['code']}: {problem['title']}")
    newest = flagged["review"]["newest_seq"]
    corrected = call("POST", f"{address}/correction", correction, If_Match=f'"{newest}"')
    print(f"#{made['seq']}  {corrected['status']}: {corrected['correction']['output']}")

    for event in call("GET", f"{address}/history")["data"]:
        print(f"  entry #{event['seq']}  {event['verb']}")


if __name__ == "__main__":
    main()
