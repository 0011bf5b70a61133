"""An operation of the API, and how it is written as OpenAPI 3.1."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from ledger.api.problems import KINDS, MEDIA_TYPE

Schema = Mapping[str, Any]

JSON: Final = "application/json"
# What any call under `/v1` and `/log` can be answered.
EVERYWHERE: Final = (
    "bad_request",
    "key_required",
    "key_invalid",
    "key_expired",
    "scope_missing",
    "role_missing",
    "cross_site_request",
    "not_found",
    "not_acceptable",
    "uri_too_long",
    "headers_too_large",
    "invalid_parameter",
    "rate_limited",
    "internal_error",
    "ledger_unavailable",
)
# What a call with a body can be answered beside that.
WITH_BODY: Final = (
    "undecodable_body",
    "body_too_large",
    "unsupported_media_type",
    "malformed_json",
    "validation_failed",
    "duplicate_key",
    "number_out_of_range",
    "invalid_unicode",
    "too_deep",
)
# What a call with an Idempotency-Key can be answered beside that.
REPEATABLE: Final = ("idempotency_in_progress", "idempotency_key_reused")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one address.

    `name` is the operationId and the verb of the SDKs. `answers` gives for each status the schema
    by media type; `codes` are the problems beyond those that every call can meet.
    """

    name: str
    tag: str
    summary: str
    answers: Mapping[int, Mapping[str, Schema]]
    parameters: Sequence[Schema] = ()
    body: Schema | None = None
    body_required: bool = True
    codes: Sequence[str] = ()
    headers: Mapping[str, str] = field(default_factory=dict)
    is_open: bool = False
    is_repeatable: bool = False

    def as_openapi(self) -> dict[str, Any]:
        """Return the operation object."""
        found: dict[str, Any] = {
            "operationId": self.name,
            "tags": [self.tag],
            "summary": self.summary,
            "parameters": [*self.parameters, *self._header_parameters()],
            "responses": {**self._answers(), **self._problems()},
        }
        if self.body is not None:
            content = {JSON: {"schema": self.body}}
            found["requestBody"] = {"required": self.body_required, "content": content}
        if self.is_open:
            found["security"] = []
        return found

    def all_codes(self) -> list[str]:
        """Return the code of every problem that this operation can be answered with."""
        codes = [] if self.is_open else [*EVERYWHERE]
        codes += WITH_BODY if self.body is not None else ()
        codes += REPEATABLE if self.is_repeatable else ()
        return [*dict.fromkeys([*codes, *self.codes])]

    def _header_parameters(self) -> list[Schema]:
        return [IDEMPOTENCY_KEY] if self.is_repeatable else []

    def _answers(self) -> dict[str, Any]:
        named = {name: header(meaning) for name, meaning in self.headers.items()}
        if self.is_repeatable:
            named["Idempotency-Replayed"] = header("`true` when this answer was given before.")
        return {
            str(status): {
                "description": _MEANING[status],
                **({"headers": named} if named else {}),
                **(
                    {"content": {media: {"schema": schema} for media, schema in content.items()}}
                    if content
                    else {}
                ),
            }
            for status, content in self.answers.items()
        }

    def _problems(self) -> dict[str, Any]:
        by_status: dict[int, list[str]] = {}
        for code in self.all_codes():
            by_status.setdefault(KINDS[code].status, []).append(code)
        return {
            str(status): {
                "description": ", ".join(f"`{code}`" for code in codes),
                "content": {MEDIA_TYPE: {"schema": ref("Problem")}},
            }
            for status, codes in sorted(by_status.items())
        }


_MEANING: Final = {
    200: "Done.",
    201: "Made.",
    202: "Asked for; look at `Location`.",
    304: "Unchanged since the state that `If-None-Match` names.",
    503: "Not ready.",
}


def ref(name: str) -> dict[str, str]:
    """Return the reference to a named schema."""
    return {"$ref": f"#/components/schemas/{name}"}


def json(schema: Schema) -> Mapping[str, Schema]:
    """Return the content of an answer in JSON."""
    return {JSON: schema}


def header(meaning: str) -> dict[str, Any]:
    """Return the description of a header of an answer."""
    return {"description": meaning, "schema": {"type": "string"}}


def query(name: str, schema: Schema, meaning: str = "", *, required: bool = False) -> Schema:
    """Return a query parameter."""
    return _parameter("query", name, schema, meaning, required=required)


def in_path(name: str, schema: Schema, meaning: str = "") -> Schema:
    """Return a parameter in the path."""
    return _parameter("path", name, schema, meaning, required=True)


def in_header(name: str, schema: Schema, meaning: str = "", *, required: bool = False) -> Schema:
    """Return a parameter in a header."""
    return _parameter("header", name, schema, meaning, required=required)


def _parameter(place: str, name: str, schema: Schema, meaning: str, *, required: bool) -> Schema:
    found: dict[str, Any] = {"in": place, "name": name, "schema": schema}
    if required:
        found["required"] = True
    if meaning:
        found["description"] = meaning
    return found


IDEMPOTENCY_KEY: Final = in_header(
    "Idempotency-Key",
    {"type": "string", "pattern": "^[ -~]{1,255}$"},
    "The same key with the same request is answered again and leaves no second entry.",
)
