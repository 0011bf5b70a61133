"""Recording, reading, judging: the operations on decisions and corrections."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.api.documenting import schemas as s
from ledger.api.documenting.operations import (
    Operation,
    in_header,
    in_path,
    json,
    query,
    ref,
)

RECORDING, REVIEWING = "Recording and reading", "Human verdicts"

DECISION_ID = in_path("decision_id", s.an_id("dec"))
INCLUDE = query(
    "include",
    {"type": "string", "pattern": "^((receipt|history|seal)(,(receipt|history|seal))*)?$"},
    "What is answered beside the decision: `receipt`, `history`, `seal`, separated by commas.",
)
TRACEPARENT = in_header(
    "traceparent", s.STRING, "Fills `trace_id` and `span_id` when they are absent."
)
_TAG = {"type": "string", "pattern": '^"(0|[1-9][0-9]{0,14})"$'}
IF_MATCH = in_header("If-Match", _TAG, "The ETag of the decision that was looked at.")
IF_MATCH_NEEDED = in_header(
    "If-Match", _TAG, "The ETag of the decision that was looked at.", required=True
)
_ETAG = {"ETag": "The number of the newest entry that changed the decision, in quotes."}
_IGNORED = {"LoopGrid-Ignored-Fields": "Keys of the body that nobody reads."}
_ANSWER = {200: json(ref("Decision"))}
FILTERS = (
    query("service_name", s.PLAIN, "Exact; empty is no filter."),
    query("decision_type", s.PLAIN, "Exact; empty is no filter."),
    query("status", s.PLAIN, "Exact; empty is no filter, another word finds nothing."),
    query("q", {**s.PLAIN, "maxLength": 1000}, "A search; see docs/api.md."),
)
_LIMIT = query("limit", {"type": "integer", "minimum": 1, "maximum": 200, "default": 50})
_CURSOR = query("cursor", s.PLAIN, "`next_cursor` of the slice before.")
LIST_PARAMETERS = (_LIMIT, _CURSOR)
_TEXT = {"type": ["string", "null"], "maxLength": 10_000}
_BY = {"type": "string", "minLength": 1, "maxLength": 200}
_REASON_CODE = s.nullable(s.LABEL)

_FLAG = {
    "type": ["object", "null"],
    "properties": {
        "reason": _TEXT,
        "reason_code": _REASON_CODE,
        "severity": s.nullable(s.one_of(*s.SEVERITIES)),
    },
}
_CORRECTION = s.an_object(
    {
        "correction": s.OBJECT,
        "corrected_by": _BY,
        "notes": _TEXT,
        "reason": _TEXT,
        "reason_code": _REASON_CODE,
    },
    required=("correction", "corrected_by"),
)
_CONFIRMATION = s.an_object(
    {"note": _TEXT, "seen_seq": s.nullable(s.SEQ)}, required=(), closed=True
)
_SUPERSESSION = s.an_object(
    {
        "entry": s.SEQ,
        "verdict": s.one_of("confirmed", "incorrect", "corrected", "withdrawn"),
        "reason": {"type": "string", "minLength": 1, "maxLength": 10_000},
        "reason_code": _REASON_CODE,
        "correction": s.nullable(s.OBJECT),
        "corrected_by": s.nullable(_BY),
        "notes": _TEXT,
    },
    required=("entry", "verdict", "reason"),
    closed=True,
)
_BATCH = s.an_object(
    {
        "decisions": {
            "type": "array",
            "items": ref("NewDecision"),
            "minItems": 1,
            "maxItems": 500,
        },
        "on_error": s.nullable(s.one_of("skip", "abort")),
    },
    required=("decisions",),
    closed=True,
)
_BATCH_ANSWER = s.an_object(
    {
        "results": s.a_list(ref("ItemResult")),
        "recorded": s.WHOLE,
        "duplicates": s.WHOLE,
        "refused": s.WHOLE,
    }
)
_PAGE = s.an_object(
    {
        "decisions": s.a_list(ref("Decision")),
        "total": s.WHOLE,
        "page": s.WHOLE,
        "page_size": s.WHOLE,
        "has_more": s.FLAG,
        "next_cursor": s.nullable(s.STRING),
    }
)
_LIST = {"anyOf": [_PAGE, s.a_slice(ref("Decision"), total=s.nullable(s.WHOLE))]}

OPERATIONS: Final[Mapping[str, Operation]] = {
    "POST /v1/decisions": Operation(
        "record_decision",
        RECORDING,
        "Record a decision; answered once it is durable.",
        _ANSWER,
        (INCLUDE, TRACEPARENT),
        body=ref("NewDecision"),
        codes=("service_not_allowed", "label_invalid", "state_conflict"),
        headers={**_ETAG, **_IGNORED},
        is_repeatable=True,
    ),
    "POST /v1/decisions/batch": Operation(
        "record_batch",
        RECORDING,
        "Record up to 500 decisions in one act, with contiguous numbers.",
        {200: json(_BATCH_ANSWER)},
        body=_BATCH,
        codes=("service_not_allowed", "unknown_field", "label_invalid", "state_conflict"),
        headers=_IGNORED,
        is_repeatable=True,
    ),
    "GET /v1/decisions": Operation(
        "list_decisions",
        RECORDING,
        "List decisions: by page, newest first, or by cursor.",
        {200: json(_LIST)},
        (
            *FILTERS,
            query("page", {"type": "integer", "minimum": 1, "maximum": 2**31 - 1, "default": 1}),
            query("page_size", {"type": "integer", "minimum": 1, "maximum": 100, "default": 20}),
            *LIST_PARAMETERS,
            query("order", s.one_of("new", "old"), "With a cursor only."),
            query("count", s.one_of("true", "false"), "With a cursor only: adds `total`."),
        ),
        codes=("service_not_allowed", "invalid_query"),
    ),
    "GET /v1/decisions/{decision_id}": Operation(
        "get_decision",
        RECORDING,
        "Return a decision as it stands.",
        {**_ANSWER, 304: {}},
        (
            DECISION_ID,
            INCLUDE,
            in_header("If-None-Match", s.STRING, "An ETag; unchanged is answered 304."),
        ),
        codes=("service_not_allowed",),
        headers=_ETAG,
    ),
    "GET /v1/decisions/{decision_id}/history": Operation(
        "history",
        RECORDING,
        "Return every entry about a decision, oldest first, contents included.",
        {200: json(s.an_object({"data": s.a_list(ref("HistoryEntry"))}))},
        (DECISION_ID,),
        codes=("service_not_allowed",),
    ),
    "POST /v1/decisions/{decision_id}/incorrect": Operation(
        "mark_incorrect",
        REVIEWING,
        "Record that a decision was wrong; a body is not needed.",
        _ANSWER,
        (DECISION_ID, IF_MATCH),
        body=_FLAG,
        body_required=False,
        codes=("service_not_allowed", "label_invalid", "stale_review"),
        headers={**_ETAG, **_IGNORED},
        is_repeatable=True,
    ),
    "POST /v1/decisions/{decision_id}/correction": Operation(
        "attach_correction",
        REVIEWING,
        "Record what a decision should have been; an earlier correction is superseded.",
        _ANSWER,
        (DECISION_ID, IF_MATCH),
        body=_CORRECTION,
        codes=("service_not_allowed", "label_invalid", "stale_review"),
        headers={**_ETAG, **_IGNORED},
        is_repeatable=True,
    ),
    "POST /v1/decisions/{decision_id}/confirm": Operation(
        "confirm",
        REVIEWING,
        "Record that a decision was right. Needs `If-Match`, or `seen_seq` in the body.",
        _ANSWER,
        (DECISION_ID, IF_MATCH),
        body=_CONFIRMATION,
        body_required=False,
        codes=(
            "service_not_allowed",
            "unknown_field",
            "state_conflict",
            "stale_review",
            "precondition_required",
        ),
        headers=_ETAG,
        is_repeatable=True,
    ),
    "POST /v1/decisions/{decision_id}/supersede": Operation(
        "supersede",
        REVIEWING,
        "Replace an earlier verdict or correction, or take it back.",
        _ANSWER,
        (DECISION_ID, IF_MATCH_NEEDED),
        body=_SUPERSESSION,
        codes=(
            "service_not_allowed",
            "unknown_field",
            "label_invalid",
            "already_superseded",
            "state_conflict",
            "stale_review",
            "precondition_required",
        ),
        headers=_ETAG,
        is_repeatable=True,
    ),
    "GET /v1/decisions/{decision_id}/corrections": Operation(
        "corrections_of",
        REVIEWING,
        "List the corrections of one decision, superseded ones too, newest first.",
        {200: json(s.a_slice(ref("Correction")))},
        (DECISION_ID, query("state", s.one_of("accepted", "superseded")), *LIST_PARAMETERS),
        codes=("service_not_allowed",),
    ),
    "GET /v1/corrections": Operation(
        "corrections",
        REVIEWING,
        "List all corrections, superseded ones too, newest first.",
        {200: json(s.a_slice(ref("Correction")))},
        (
            query("q", {**s.PLAIN, "maxLength": 1000}, "A search for the decisions."),
            query("state", s.one_of("accepted", "superseded")),
            query("service", {**s.PLAIN, "maxLength": 200}),
            query("from", s.MOMENT, "Server time, included."),
            query("to", s.MOMENT, "Server time, not included."),
            *LIST_PARAMETERS,
        ),
        codes=("service_not_allowed", "invalid_query"),
    ),
    "GET /v1/corrections/{correction_id}": Operation(
        "get_correction",
        REVIEWING,
        "Return one correction.",
        {200: json(ref("Correction"))},
        (in_path("correction_id", s.an_id("cor")),),
        codes=("service_not_allowed",),
    ),
}
