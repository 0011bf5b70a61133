"""Jobs, keys and exports."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.api.documenting import schemas as s
from ledger.api.documenting.deciding import FILTERS, LIST_PARAMETERS
from ledger.api.documenting.operations import Operation, in_path, json, query, ref

JOBS, KEYS, EXPORTS = "Jobs", "Keys", "Exports"

_JOB_ID = in_path("job_id", s.an_id("job"))
_KEY_ID = in_path("key_id", s.an_id("key"))
_NEW_KEY = s.an_object(
    {
        "name": {"type": "string", "minLength": 1, "maxLength": 200},
        "scopes": s.nullable(s.a_list(s.STRING)),
        "preset": s.nullable(s.one_of("ingest", "developer", "auditor", "officer")),
        "services": s.nullable(s.a_list(s.STRING)),
        "expires_at": s.nullable(s.MOMENT),
        "rate": s.nullable(s.OBJECT),
        "personal": s.nullable(s.FLAG),
    },
    required=("name",),
    closed=True,
)
_MADE = {201: json({"allOf": [ref("Key"), s.an_object({"secret": s.nullable(s.STRING)})]})}
_LOCATION = {"Location": "The key."}
_EXPORT = {
    200: {
        **json(
            s.an_object(
                {
                    "decisions": s.a_list(ref("Decision")),
                    "total": s.WHOLE,
                    "as_of": s.WHOLE,
                }
            )
        ),
        "text/csv": s.STRING,
        "application/x-ndjson": s.STRING,
    }
}

OPERATIONS: Final[Mapping[str, Operation]] = {
    "GET /v1/jobs": Operation(
        "list_jobs",
        JOBS,
        "List the jobs that this caller asked for, newest first.",
        {200: json(s.a_slice(ref("Job")))},
        LIST_PARAMETERS,
    ),
    "GET /v1/jobs/{job_id}": Operation(
        "get_job", JOBS, "Return a job.", {200: json(ref("Job"))}, (_JOB_ID,)
    ),
    "POST /v1/jobs/{job_id}/cancel": Operation(
        "cancel_job",
        JOBS,
        "Ask a job to end; what it finished stays.",
        {200: json(ref("Job"))},
        (_JOB_ID,),
        body=s.an_object({}, closed=True),
        body_required=False,
        codes=("unknown_field", "state_conflict"),
    ),
    "GET /v1/keys": Operation(
        "list_keys",
        KEYS,
        "List the keys of the workspace, newest first; never their secrets.",
        {200: json(s.a_slice(ref("Key"), total=s.WHOLE))},
        (*LIST_PARAMETERS, query("count", s.one_of("true", "false"))),
    ),
    "POST /v1/keys": Operation(
        "create_key",
        KEYS,
        "Make a key; its secret is in this answer and in no other.",
        _MADE,
        body=_NEW_KEY,
        codes=("service_not_allowed", "unknown_field", "state_conflict"),
        headers=_LOCATION,
        is_repeatable=True,
    ),
    "GET /v1/keys/{key_id}": Operation(
        "get_key", KEYS, "Return a key.", {200: json(ref("Key"))}, (_KEY_ID,)
    ),
    "POST /v1/keys/{key_id}/rotate": Operation(
        "rotate_key",
        KEYS,
        "Make a successor; the old key lives on for a while.",
        _MADE,
        (_KEY_ID,),
        body=s.an_object(
            {"overlap_hours": {"type": ["integer", "null"], "minimum": 0, "maximum": 168}},
            required=(),
            closed=True,
        ),
        body_required=False,
        codes=("service_not_allowed", "unknown_field", "state_conflict"),
        headers=_LOCATION,
        is_repeatable=True,
    ),
    "POST /v1/keys/{key_id}/revoke": Operation(
        "revoke_key",
        KEYS,
        "End a key for good.",
        {200: json(ref("Key"))},
        (_KEY_ID,),
        body=s.an_object({}, closed=True),
        body_required=False,
        codes=("service_not_allowed", "unknown_field", "state_conflict"),
        is_repeatable=True,
    ),
    "GET /v1/export/decisions": Operation(
        "export",
        EXPORTS,
        "Export every decision that matches, streamed; the export becomes an entry.",
        _EXPORT,
        (
            *FILTERS,
            query("format", s.one_of("json", "csv", "jsonl"), "`json` if nothing is said."),
            query("columns", s.STRING, "Columns of CSV beside the usual ones, by comma."),
        ),
        codes=("service_not_allowed", "unknown_format", "invalid_query", "state_conflict"),
    ),
}
