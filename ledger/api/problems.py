"""Every refusal a program can meet: its code, its status, and what to do about it (RFC 9457).

`loopgrid_site.errors` says which exception becomes which problem; a door raises `Problem` itself
only for what concerns HTTP alone. No problem shows content, another workspace's records or a trace.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from django.http import HttpRequest, HttpResponse

MAX_ECHO: Final = 64
MEDIA_TYPE: Final = "application/problem+json"


@dataclass(frozen=True, slots=True)
class ProblemKind:
    """One row of the table: the status, a title that never changes, and what the caller can do."""

    status: int
    title: str
    remedy: str


KINDS: Final[Mapping[str, ProblemKind]] = {
    "bad_request": ProblemKind(
        400, "The request is malformed", "Check the request line, the Host and the headers."
    ),
    "undecodable_body": ProblemKind(
        400,
        "The body cannot be decoded",
        "Send UTF-8 without a byte order mark, and all of it; gzip holds one member.",
    ),
    "key_required": ProblemKind(
        401, "A key is required", "Send Authorization: Bearer with a key of your workspace."
    ),
    "key_invalid": ProblemKind(
        401, "The key is not valid", "Check for a cut-off or revoked key; ask an admin for another."
    ),
    "key_expired": ProblemKind(
        401, "The key has expired", "Ask an admin of the workspace for another key."
    ),
    "scope_missing": ProblemKind(
        403, "The key lacks a scope", "Use a key that has one of the scopes named in detail."
    ),
    "service_not_allowed": ProblemKind(
        403, "The key is limited to other services", "Use a key that may act for this service."
    ),
    "role_missing": ProblemKind(
        403, "No role allows this act", "Ask somebody who holds the role named in detail."
    ),
    "cross_site_request": ProblemKind(
        403, "Another site may not call", "Call with a key, or from the machine itself."
    ),
    "not_found": ProblemKind(
        404, "Not found", "Check the id; what belongs to another workspace is not found either."
    ),
    "method_not_allowed": ProblemKind(
        405, "The method is not allowed here", "Use one of the methods named in the header Allow."
    ),
    "not_acceptable": ProblemKind(
        406, "No acceptable form", "Accept application/json, or leave the header out."
    ),
    "idempotency_in_progress": ProblemKind(
        409,
        "The first request is still running",
        "Wait as long as Retry-After says and send the same request again.",
    ),
    "already_superseded": ProblemKind(
        409, "Superseded before", "Read the history and supersede the entry that stands."
    ),
    "not_sealed": ProblemKind(
        409, "Not sealed yet", "Ask again after the next checkpoint, usually within seconds."
    ),
    "state_conflict": ProblemKind(
        409, "The state of the record forbids this", "Read the record again and decide anew."
    ),
    "stale_review": ProblemKind(
        412,
        "The decision moved on",
        "Look at `current`, the decision as it stands, and send its ETag as If-Match.",
    ),
    "body_too_large": ProblemKind(
        413, "The body is too large", "Send less; the limit in detail counts unpacked bytes."
    ),
    "uri_too_long": ProblemKind(414, "The address is too long", "Keep it under 8 KiB."),
    "unsupported_media_type": ProblemKind(
        415,
        "The body is not JSON",
        "Send Content-Type: application/json, plain or with Content-Encoding: gzip.",
    ),
    "malformed_json": ProblemKind(
        422, "The body is not the JSON that is expected", "Send one JSON object (RFC 8259)."
    ),
    "validation_failed": ProblemKind(
        422, "A value is not allowed", "Each entry of `errors` names a place and what it needs."
    ),
    "duplicate_key": ProblemKind(
        422, "A key stands twice", "Give every key of an object once, at every level."
    ),
    "number_out_of_range": ProblemKind(
        422,
        "A number is out of range",
        "No NaN, no Infinity, no decimal beyond a double, at most 1,000 digits.",
    ),
    "invalid_unicode": ProblemKind(
        422, "A string holds half a character", "Replace lone surrogates before sending."
    ),
    "too_deep": ProblemKind(422, "Nested too deep", "Nest at most 64 levels."),
    "label_invalid": ProblemKind(
        422, "A name is not allowed", "Use 1 to 200 characters and no control characters."
    ),
    "invalid_query": ProblemKind(
        422, "The search is not understood", "`errors` names the token and where it begins."
    ),
    "invalid_parameter": ProblemKind(
        422, "A parameter or header is not allowed", "`errors` names it and what it needs."
    ),
    "unknown_format": ProblemKind(422, "No such format", "Use one of the formats named in detail."),
    "unknown_field": ProblemKind(
        422, "A key is not known here", "Leave out the keys that `errors` names."
    ),
    "idempotency_key_reused": ProblemKind(
        422,
        "The key stood for another request",
        "Draw a new Idempotency-Key for every request; repeat one only with the same body.",
    ),
    "precondition_required": ProblemKind(
        428,
        "Say which state you saw",
        "Send the decision's ETag as If-Match, so that nobody judges what they have not seen.",
    ),
    "rate_limited": ProblemKind(429, "Too many requests", "Wait as long as Retry-After says."),
    "headers_too_large": ProblemKind(
        431, "The headers are too large", "Keep them under 16 KiB altogether."
    ),
    "internal_error": ProblemKind(
        500, "A fault of the server", "Report the request_id to whoever runs this installation."
    ),
    "ledger_unavailable": ProblemKind(
        503,
        "The ledger cannot answer right now",
        "Nothing was acknowledged; send the same request with the same Idempotency-Key again.",
    ),
}


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing wrong with a request: where (RFC 6901 pointer or a parameter's name) and what."""

    pointer: str
    code: str
    detail: str


class Problem(Exception):
    """A refusal as it is sent. `more` holds members beyond those that every problem has."""

    def __init__(
        self,
        code: str,
        detail: str,
        *,
        errors: Iterable[Fault] = (),
        headers: Mapping[str, str] | None = None,
        more: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(detail)
        self.code, self.detail = code, detail
        self.kind = KINDS[code]
        self.errors = tuple(errors)
        self.headers = dict(headers or {})
        self.more = dict(more or {})


def invalid_parameter(name: str, detail: str) -> Problem:
    """Return the problem of a query parameter or header that is not allowed."""
    fault = Fault(f"/{name}", "invalid_parameter", detail)
    return Problem("invalid_parameter", f"{name} {detail}", errors=[fault])


def problem_object(problem: Problem, request: HttpRequest) -> dict[str, Any]:
    """Return the problem as a JSON object, told about this request."""
    return {
        "type": f"/docs/errors#{problem.code}",
        "title": problem.kind.title,
        "status": problem.kind.status,
        "detail": problem.detail,
        "instance": shown_path(request.path),
        "code": problem.code,
        "request_id": getattr(request, "request_id", None),
        "errors": [
            {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail}
            for fault in problem.errors
        ],
        **problem.more,
    }


def problem_answer(problem: Problem, request: HttpRequest) -> HttpResponse:
    """Return the answer that tells the caller of a problem."""
    return HttpResponse(
        msgspec.json.encode(problem_object(problem, request)),
        status=problem.kind.status,
        content_type=MEDIA_TYPE,
        headers=problem.headers,
    )


def shown(text: str) -> str:
    """Return what a caller sent as it may be echoed: printable, and cut at 64 characters."""
    return "".join(c if c.isprintable() else "�" for c in text[:MAX_ECHO])


def shown_path(path: str) -> str:
    """Return the path of a request as it may be echoed: each step printable and cut."""
    return "/".join(shown(step) for step in path.split("/")[:16])
