"""The objects that answers are made of, as JSON Schema (OpenAPI 3.1)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final

from ledger.api.documenting.operations import ref
from ledger.content.submission import CONTEXT

Schema = Mapping[str, Any]

STRING: Final[Schema] = {"type": "string"}
WHOLE: Final[Schema] = {"type": "integer"}
FLAG: Final[Schema] = {"type": "boolean"}
OBJECT: Final[Schema] = {"type": "object"}
MOMENT: Final[Schema] = {"type": "string", "format": "date-time"}
HASH: Final[Schema] = {"type": "string", "pattern": "^[0-9a-f]{64}$"}
LABEL: Final[Schema] = {
    "type": "string",
    "minLength": 1,
    "maxLength": 200,
    "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]+$",
}
PLAIN: Final[Schema] = {
    "type": "string",
    "pattern": "^[^\\u0000-\\u001f\\u007f-\\u009f]*$",
}
SEQ: Final[Schema] = {"type": "integer", "minimum": 0, "maximum": 2**53 - 1}
SEAL: Final[Schema] = {"type": "string", "enum": ["recorded", "sealed"]}
VERDICTS: Final = ("confirmed", "incorrect", "corrected")
SEVERITIES: Final = ("low", "medium", "high", "critical")


def an_id(prefix: str) -> Schema:
    """Return the schema of an id: a prefix and 32 hex digits."""
    return {"type": "string", "pattern": f"^{prefix}_[0-9a-f]{{32}}$"}


def nullable(schema: Schema) -> Schema:
    """Return a schema that also takes null."""
    if "$ref" in schema or "anyOf" in schema:
        return {"anyOf": [schema, {"type": "null"}]}
    kind = schema["type"]
    kinds = [*kind, "null"] if isinstance(kind, list) else [kind, "null"]
    enum = {"enum": [*schema["enum"], None]} if "enum" in schema else {}
    return {**schema, "type": kinds, **enum}


def a_list(items: Schema) -> Schema:
    """Return the schema of an array."""
    return {"type": "array", "items": items}


def one_of(*words: str) -> Schema:
    """Return the schema of a word among some."""
    return {"type": "string", "enum": list(words)}


def an_object(
    members: Mapping[str, Schema], *, required: Sequence[str] | None = None, closed: bool = False
) -> Schema:
    """Return an object; without `required` every member is always there."""
    found: dict[str, Any] = {
        "type": "object",
        "properties": dict(members),
        "required": [*members] if required is None else list(required),
    }
    if not found["required"]:
        del found["required"]
    if closed:
        found["additionalProperties"] = False
    return found


def a_slice(items: Schema, **more: Schema) -> Schema:
    """Return one slice of a list."""
    members = {"data": a_list(items), "next_cursor": nullable(STRING), "has_more": FLAG, **more}
    return an_object(members, required=("data", "next_cursor", "has_more"))


WHO: Final = an_object({"type": STRING, "id": STRING})

# What may be sent when recording beside the five that must be; null and absent are the same.
_NUMBER: Final[Schema] = {"type": "number", "minimum": 0}
_OF_CONTEXT: Final[Mapping[str, Schema]] = {
    "agent": {"anyOf": [LABEL, OBJECT, {"type": "null"}]},
    "confidence": {"type": ["number", "null"], "minimum": 0, "maximum": 1},
    "cost": {
        "type": ["object", "null"],
        "properties": {
            "amount": {"type": "string", "pattern": "^-?[0-9]{1,30}(\\.[0-9]{1,30})?$"},
            "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
        },
        "required": ["amount", "currency"],
    },
    "effect_at": nullable(MOMENT),
    "error": {
        "type": ["object", "null"],
        "properties": {"type": LABEL, "message": nullable(STRING)},
        "required": ["type"],
    },
    "latency_ms": nullable(_NUMBER),
    "release": nullable(LABEL),
    "session_id": nullable(LABEL),
    "span_id": nullable(LABEL),
    "subject_ref": nullable(LABEL),
    "trace_id": nullable(LABEL),
    "usage": nullable(OBJECT),
}
SETTABLE: Final[Mapping[str, Schema]] = {
    "occurred_at": nullable(MOMENT),
    "origin": nullable(one_of("live", "imported")),
    "environment": nullable(LABEL),
    "parent_decision_id": nullable(an_id("dec")),
    "risk_tier": nullable(one_of("high", "limited", "minimal")),
    "content_mode": nullable(one_of("full", "redacted", "hash", "none")),
    "writer": {
        "type": ["object", "null"],
        "properties": {
            "id": {"type": "string", "pattern": "^[0-9a-f]{32}$"},
            "seq": {"type": "integer", "minimum": 1, "maximum": 2**53 - 1},
        },
        "required": ["id", "seq"],
    },
    **{name: _OF_CONTEXT.get(name, {}) for name in CONTEXT},
}

NEW_DECISION: Final = an_object(
    {
        "service_name": LABEL,
        "decision_type": LABEL,
        "input": OBJECT,
        "model": OBJECT,
        "output": OBJECT,
        "prompt": nullable(OBJECT),
        "tool_calls": {"type": ["array", "null"], "items": OBJECT, "maxItems": 1000},
        "metadata": nullable(OBJECT),
        **SETTABLE,
    },
    required=("service_name", "decision_type", "input", "model", "output"),
)
CORRECTION_IN_DECISION: Final = an_object(
    {
        "output": OBJECT,
        "corrected_by": nullable(STRING),
        "corrected_at": nullable(MOMENT),
        "notes": nullable(STRING),
        "correction_id": an_id("cor"),
        "seq": SEQ,
        "state": one_of("accepted"),
    }
)
REVIEW: Final = an_object(
    {
        "verdict": nullable(one_of(*VERDICTS)),
        "by": {"anyOf": [WHO, {"type": "null"}]},
        "at": nullable(MOMENT),
        "reason_code": nullable(STRING),
        "severity": nullable(one_of(*SEVERITIES)),
        "corrections": WHOLE,
        "newest_seq": SEQ,
    }
)
ERASED: Final = an_object({"entry": SEQ, "at": nullable(MOMENT), "parts": a_list(STRING)})
RECEIPT: Final = an_object(
    {
        "origin": STRING,
        "seq": SEQ,
        "leaf": STRING,
        "leaf_hash": HASH,
        "prev": HASH,
        "recorded_at": MOMENT,
        "parts": a_list(
            an_object({"name": STRING, "digest": HASH, "salt": HASH}, required=("name", "digest"))
        ),
        "state": SEAL,
        "checkpoint": nullable(STRING),
        "inclusion": nullable(a_list(HASH)),
    }
)
HISTORY_ENTRY: Final = an_object(
    {
        "seq": SEQ,
        "verb": STRING,
        "kind": STRING,
        "at": MOMENT,
        "actor": an_object({"type": STRING, "id": STRING, "name": nullable(STRING)}),
        "detail": OBJECT,
        "supersedes": nullable(SEQ),
        "superseded_by": nullable(SEQ),
        "leaf_hash": HASH,
        "state": SEAL,
    }
)
_OF_DECISION: Final[Mapping[str, Schema]] = {
    "decision_id": an_id("dec"),
    "created_at": MOMENT,
    "service_name": STRING,
    "decision_type": STRING,
    "input": OBJECT,
    "model": OBJECT,
    "output": OBJECT,
    "prompt": nullable(OBJECT),
    "metadata": nullable(OBJECT),
    "tool_calls": {"anyOf": [a_list(OBJECT), OBJECT, {"type": "null"}]},
    "status": one_of("recorded", "incorrect", "corrected"),
    "content_hash": nullable(HASH),
    "chain_hash": HASH,
    "incorrect_reason": nullable(STRING),
    "incorrect_at": nullable(MOMENT),
    "correction": nullable(ref("CorrectionInDecision")),
    "seq": SEQ,
    "decision_url": STRING,
    "recorded_by": WHO,
    "review": ref("Review"),
    "erased": nullable(ref("Erased")),
    "altered": nullable(a_list(STRING)),
    **SETTABLE,
}
DECISION: Final = an_object(
    {
        **_OF_DECISION,
        "receipt": nullable(ref("Receipt")),
        "history": a_list(ref("HistoryEntry")),
        "seal": nullable(an_object({"state": SEAL, "sealed_size": WHOLE})),
    },
    required=[*_OF_DECISION],
)
CORRECTION: Final = an_object(
    {
        "correction_id": an_id("cor"),
        "seq": SEQ,
        "decision_id": an_id("dec"),
        "decision_seq": SEQ,
        "decision_url": STRING,
        "service_name": STRING,
        "decision_type": STRING,
        "output": nullable(OBJECT),
        "corrected_by": nullable(STRING),
        "corrected_at": MOMENT,
        "notes": nullable(STRING),
        "reason_code": nullable(STRING),
        "made_by": WHO,
        "state": one_of("accepted", "superseded"),
        "superseded": nullable(an_object({"entry": SEQ, "by": nullable(SEQ)})),
    }
)
_FAULT: Final = an_object({"pointer": STRING, "code": STRING, "detail": STRING})
PROBLEM: Final = an_object(
    {
        "type": STRING,
        "title": STRING,
        "status": WHOLE,
        "detail": STRING,
        "instance": STRING,
        "code": STRING,
        "request_id": nullable(STRING),
        "errors": a_list(_FAULT),
        "current": ref("Decision"),
    },
    required=("type", "title", "status", "detail", "instance", "code", "request_id", "errors"),
)
ITEM_RESULT: Final = an_object(
    {
        "index": WHOLE,
        "status": one_of("recorded", "duplicate", "refused"),
        "decision_id": nullable(an_id("dec")),
        "seq": nullable(SEQ),
        "problem": nullable(OBJECT),
    }
)
ENTRY: Final = an_object(
    {
        "seq": SEQ,
        "kind": STRING,
        "recorded_at": MOMENT,
        "record": nullable(STRING),
        "leaf": STRING,
        "leaf_hash": HASH,
        "prev": HASH,
        "state": SEAL,
    }
)
CHECKPOINT: Final = an_object({"size": WHOLE, "root": HASH, "checkpoint": STRING})
VERDICT: Final = nullable(one_of("intact", "broken", "unproven"))
RUN: Final = an_object(
    {
        "run_id": an_id("job"),
        "job_id": an_id("job"),
        "mode": STRING,
        "state": one_of("queued", "running", "succeeded", "failed", "cancelled"),
        "done": WHOLE,
        "total": nullable(WHOLE),
        "requested_by": WHO,
        "created_at": MOMENT,
        "finished_at": nullable(MOMENT),
        "verdict": VERDICT,
        "message": STRING,
        "size": nullable(WHOLE),
        "sealed_size": nullable(WHOLE),
        "recomputed": nullable(an_object({"from": WHOLE, "to": WHOLE})),
        "finding": nullable(OBJECT),
        "counts": nullable(OBJECT),
        "seq": nullable(SEQ),
    }
)
JOB: Final = an_object(
    {
        "job_id": an_id("job"),
        "kind": STRING,
        "state": one_of("queued", "running", "succeeded", "failed", "cancelled"),
        "done": WHOLE,
        "total": nullable(WHOLE),
        "message": STRING,
        "created_at": MOMENT,
        "heartbeat_at": nullable(MOMENT),
        "finished_at": nullable(MOMENT),
        "result_url": nullable(STRING),
        "error": nullable(STRING),
    }
)
KEY: Final = an_object(
    {
        "key_id": an_id("key"),
        "name": STRING,
        "prefix": STRING,
        "scopes": a_list(STRING),
        "services": a_list(STRING),
        "owner": nullable(STRING),
        "state": one_of("in_force", "replaced", "expired", "revoked"),
        "expires_at": nullable(MOMENT),
        "revoked_at": nullable(MOMENT),
        "replaced_by": nullable(STRING),
        "rate": nullable(OBJECT),
        "created_at": MOMENT,
        "created_by": an_object({"id": STRING, "name": STRING}),
        "last_used_at": nullable(MOMENT),
    }
)
SCHEMAS: Final[Mapping[str, Schema]] = {
    "Problem": PROBLEM,
    "NewDecision": NEW_DECISION,
    "Decision": DECISION,
    "CorrectionInDecision": CORRECTION_IN_DECISION,
    "Review": REVIEW,
    "Erased": ERASED,
    "Receipt": RECEIPT,
    "HistoryEntry": HISTORY_ENTRY,
    "Correction": CORRECTION,
    "ItemResult": ITEM_RESULT,
    "Entry": ENTRY,
    "Checkpoint": CHECKPOINT,
    "IntegrityRun": RUN,
    "Job": JOB,
    "Key": KEY,
}
