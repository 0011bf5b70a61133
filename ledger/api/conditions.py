"""What request headers say beside the key: the state a caller saw, and the trace it belongs to."""

from __future__ import annotations

import re
from typing import Final

from django.http import HttpRequest

from ledger.api.problems import Problem, invalid_parameter

_TAG: Final = re.compile(r'"(0|[1-9][0-9]{0,15})"', re.ASCII)
_TRACE: Final = re.compile(
    r"(?!ff)[0-9a-f]{2}-([0-9a-f]{32})-([0-9a-f]{16})-[0-9a-f]{2}(-.*)?", re.ASCII
)


def seen_entry(request: HttpRequest) -> int | None:
    """Return the entry that `If-Match` names as the newest one seen, None if it names none.

    `*` only asks that there is a decision, which an act does anyway. Raises Problem for a value
    that is no ETag of a decision.
    """
    sent = request.headers.get("If-Match", "*").strip()
    if sent == "*":
        return None
    tag = _TAG.fullmatch(sent)
    if tag is None:
        raise invalid_parameter("If-Match", 'must be the ETag of the decision, such as "48213".')
    return int(tag[1])


def require_seen_entry(request: HttpRequest, *, stated: int | None = None) -> int:
    """Return the newest entry the caller saw, by `If-Match` or as the body states it.

    Raises Problem: precondition_required when neither says it, validation_failed when they differ.
    """
    seen = seen_entry(request)
    if seen is None and stated is None:
        raise Problem("precondition_required", "Send the ETag of the decision as If-Match.")
    if seen is not None and stated is not None and seen != stated:
        raise Problem("validation_failed", "seen_seq and If-Match name different entries.")
    return seen if seen is not None else stated or 0


def is_unchanged(request: HttpRequest, *, tag: str) -> bool:
    """Say whether `If-None-Match` names the state that would be answered. RFC 9110, 13.1.2."""
    sent = request.headers.get("If-None-Match")
    if sent is None:
        return False
    tags = {one.strip().removeprefix("W/") for one in sent.split(",")}
    return "*" in tags or tag in tags


def trace_of(request: HttpRequest) -> tuple[str, str] | None:
    """Return trace id and span id of a `traceparent` header, None without a valid one.

    All-zero ids are invalid. W3C Trace Context, section 3.2.2; a bad header is ignored.
    """
    found = _TRACE.fullmatch(request.headers.get("traceparent", "").strip())
    if found is None or not found[1].strip("0") or not found[2].strip("0"):
        return None
    return found[1], found[2]
