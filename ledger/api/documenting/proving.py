"""Receipts, entries, checkpoints, proofs, verdicts and the log: what needs no content."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.api.documenting import schemas as s
from ledger.api.documenting.deciding import DECISION_ID, LIST_PARAMETERS
from ledger.api.documenting.operations import Operation, in_path, json, query, ref

PROOFS, INTEGRITY, LOG = "Receipts and proofs", "Integrity", "Log (C2SP tlog-tiles)"

_TEXT = {"text/plain": s.STRING}
_RECEIPT = {200: {**json(ref("Receipt")), **_TEXT}}
_SEQ = in_path("seq", s.SEQ)
_LIMIT = LIST_PARAMETERS[0]
_HASHES = s.a_list(s.HASH)
_LEDGER = s.an_object(
    {
        "origin": s.STRING,
        "size": s.WHOLE,
        "head_seq": s.nullable(s.SEQ),
        "head_hash": s.nullable(s.HASH),
        "sealed_size": s.WHOLE,
        "checkpoint": s.nullable(s.STRING),
        "lag_seconds": s.WHOLE,
        "open_local": s.FLAG,
        "alarm": s.nullable(s.STRING),
        "keys": s.a_list(
            s.an_object(
                {
                    "vkey": s.STRING,
                    "after_size": s.WHOLE,
                    "until_size": s.nullable(s.WHOLE),
                }
            )
        ),
    }
)
_WHOLE_VERDICT = s.an_object(
    {
        "valid": s.FLAG,
        "total": s.WHOLE,
        "broken_at": s.nullable(s.STRING),
        "message": s.STRING,
        "verdict": s.one_of("intact", "broken", "unproven"),
        "size": s.WHOLE,
        "head_seq": s.nullable(s.SEQ),
        "sealed_size": s.WHOLE,
        "checkpoint_at": s.nullable(s.MOMENT),
        "recomputed": s.nullable(s.an_object({"from": s.WHOLE, "to": s.WHOLE})),
        "earlier_run": s.nullable(s.OBJECT),
        "finding": s.nullable(s.OBJECT),
        "erased_parts": s.WHOLE,
        "service": s.nullable(s.OBJECT),
    }
)
_VERDICT = s.an_object(
    {
        "valid": s.FLAG,
        "total": s.WHOLE,
        "broken_at": s.nullable(s.STRING),
        "message": s.STRING,
        "verdict": s.one_of("intact", "broken", "unproven"),
        "integrity": _WHOLE_VERDICT,
        "service_filter": s.nullable(s.STRING),
    }
)
_RUN_DETAIL = {
    "allOf": [
        ref("IntegrityRun"),
        s.an_object({"findings": s.a_list(s.OBJECT), "neighbours": s.a_list(s.OBJECT)}),
    ]
}
_NAME = in_path("name", s.STRING, "The ledger's origin after the host.")
_TILE = in_path("tile", s.STRING, "`tile/<L>/<N>[.p/<W>]` or `tile/entries/<N>[.p/<W>]`.")

OPERATIONS: Final[Mapping[str, Operation]] = {
    "GET /v1/decisions/{decision_id}/receipt": Operation(
        "receipt",
        PROOFS,
        "Return the receipt of a decision's entry; as text once it is sealed.",
        _RECEIPT,
        (DECISION_ID,),
        codes=("service_not_allowed", "not_sealed"),
    ),
    "GET /v1/entries": Operation(
        "list_entries",
        PROOFS,
        "Return entries in order; headers alone, no content.",
        {
            200: json(
                s.an_object(
                    {
                        "data": s.a_list(ref("Entry")),
                        "next_after": s.nullable(s.SEQ),
                        "has_more": s.FLAG,
                    }
                )
            )
        },
        (query("after", s.SEQ), _LIMIT),
    ),
    "GET /v1/entries/{seq}": Operation(
        "get_entry", PROOFS, "Return one entry.", {200: json(ref("Entry"))}, (_SEQ,)
    ),
    "GET /v1/entries/{seq}/receipt": Operation(
        "entry_receipt",
        PROOFS,
        "Return the receipt of an entry; as text once it is sealed.",
        _RECEIPT,
        (_SEQ,),
        codes=("not_sealed",),
    ),
    "GET /v1/proofs/inclusion": Operation(
        "inclusion_proof",
        PROOFS,
        "Return the hashes from an entry to the root of a checkpoint.",
        {
            200: json(
                s.an_object(
                    {
                        "seq": s.SEQ,
                        "size": s.WHOLE,
                        "leaf_hash": s.HASH,
                        "inclusion": _HASHES,
                        "checkpoint": s.STRING,
                    }
                )
            )
        },
        (query("seq", s.SEQ, required=True), query("size", s.SEQ)),
    ),
    "GET /v1/proofs/consistency": Operation(
        "consistency_proof",
        PROOFS,
        "Return the hashes that show one checkpoint to continue another.",
        {
            200: json(
                s.an_object(
                    {
                        "from": s.WHOLE,
                        "to": s.WHOLE,
                        "from_root": s.HASH,
                        "consistency": _HASHES,
                        "checkpoint": s.STRING,
                    }
                )
            )
        },
        (query("from", s.SEQ, required=True), query("to", s.SEQ)),
    ),
    "GET /v1/checkpoints": Operation(
        "list_checkpoints",
        PROOFS,
        "List signed checkpoints, newest first.",
        {
            200: json(
                s.an_object(
                    {
                        "data": s.a_list(ref("Checkpoint")),
                        "next_before": s.nullable(s.WHOLE),
                        "has_more": s.FLAG,
                    }
                )
            )
        },
        (query("before", s.SEQ), _LIMIT),
    ),
    "GET /v1/checkpoints/{size}": Operation(
        "get_checkpoint",
        PROOFS,
        "Return the signed checkpoint of this size.",
        {200: json(ref("Checkpoint"))},
        (in_path("size", s.SEQ),),
    ),
    "GET /v1/ledger": Operation(
        "ledger",
        PROOFS,
        "Return the ledger's origin, size and seal, and the keys that sign it.",
        {200: json(_LEDGER)},
    ),
    "GET /v1/integrity/verify": Operation(
        "verify_integrity",
        INTEGRITY,
        "Recompute the ledger and return the verdict; writes nothing.",
        {200: json(_VERDICT)},
        (
            query(
                "service_name",
                {**s.PLAIN, "maxLength": 200},
                "Counts this service; the whole ledger is checked.",
            ),
        ),
    ),
    "POST /v1/integrity/runs": Operation(
        "start_integrity_run",
        INTEGRITY,
        "Ask for a full recomputation, whose result becomes an entry.",
        {202: json(ref("IntegrityRun"))},
        body=s.an_object({}, closed=True),
        body_required=False,
        codes=("unknown_field",),
        headers={"Location": "The job.", "Retry-After": "Seconds."},
        is_repeatable=True,
    ),
    "GET /v1/integrity/runs": Operation(
        "list_integrity_runs",
        INTEGRITY,
        "List runs, newest first.",
        {200: json(s.a_slice(ref("IntegrityRun")))},
        LIST_PARAMETERS,
    ),
    "GET /v1/integrity/runs/{run_id}": Operation(
        "get_integrity_run",
        INTEGRITY,
        "Return a run, with what it found and the entries around it.",
        {200: json(_RUN_DETAIL)},
        (in_path("run_id", s.an_id("job")),),
    ),
    "GET /log/{name}/checkpoint": Operation(
        "log_checkpoint",
        LOG,
        "Return the newest signed checkpoint.",
        {200: _TEXT},
        (_NAME,),
    ),
    "GET /log/{name}/{tile}": Operation(
        "log_tile",
        LOG,
        "Return a tile, or a bundle of entries.",
        {200: {"application/octet-stream": {"type": "string", "format": "binary"}}},
        (_NAME, _TILE),
    ),
}
