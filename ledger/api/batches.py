"""`/v1/decisions/batch`: many decisions in one act, each with its own result.

Items are checked one by one before anything is locked. A repeated batch is answered from what is
kept under its key: for each item its entry, or the code of its refusal.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any, Final

import msgspec
from django.conf import settings
from django.urls import path
from rest_framework.request import Request
from rest_framework.response import Response

from accounts.errors import AccountsError
from ledger import content, idempotency, recording
from ledger.api.base import WorkspaceAPIView, unknown_fields
from ledger.api.decisions import ignored_header
from ledger.api.problems import KINDS, Fault, Problem
from ledger.api.refusals import problem_of
from ledger.api.rendering import encode
from ledger.content import Member, Submission
from ledger.errors import LedgerError, invalid
from ledger.idempotency import KEEP_RECORDING, MAX_KEY, Claim, Earlier
from ledger.recording import BatchItem, Recorded

ON_ERROR: Final = ("skip", "abort")
ENVELOPE: Final = ("decisions", "on_error")

# What is kept of an item: its number, its id and whether it is a duplicate; or a problem's code.
_Kept = tuple[int | None, str | None, bool] | str
_kept_of = msgspec.json.Decoder(list[_Kept]).decode


@dataclass(frozen=True, slots=True)
class _Accepted:
    submission: Submission
    claim: Claim | None


_Item = _Accepted | Problem


class Batch(WorkspaceAPIView):
    """`/v1/decisions/batch`."""

    scope = "record"
    rate_policy = None
    max_body_bytes = settings.MAX_BATCH_BYTES

    def post(self, _request: Request) -> Response:
        """Record up to 500 decisions with contiguous numbers, in the order sent."""
        body = self.read_body()
        raws, whole = _read_envelope(body)
        self.spend(self.request, "record", cost=len(raws))
        items = self._read_items(raws)
        if whole:
            _refuse_whole(items)
        answer = self._record(items, whole=whole, claim=self.claim(body, keep=KEEP_RECORDING))
        if isinstance(answer, Earlier):
            kept = _kept_of(answer.result or "[]")
            return Response(_answer(kept), headers={"Idempotency-Replayed": "true"})
        ignored = {name for item in _accepted(items) for name in item.submission.ignored}
        headers = {"LoopGrid-Ignored-Fields": ignored_header(ignored)} if ignored else None
        return Response(_answer(_merged(items, answer)), headers=headers)

    def _record(
        self, items: Sequence[_Item], *, whole: bool, claim: Claim | None
    ) -> list[Recorded | Earlier | Exception] | Earlier:
        batch = [BatchItem(item.submission, item.claim) for item in _accepted(items)]
        if not batch:
            return []

        def render(outcomes: Sequence[Any]) -> str:
            return encode([_kept(one) for one in _merged(items, outcomes)]).decode()

        return recording.record_decisions(
            self.ledger,
            batch,
            actor=self.actor,
            clock=self.clock,
            claim=claim,
            whole=whole,
            render=render,
        )

    def _read_items(self, raws: Sequence[bytes]) -> list[_Item]:
        keys: set[str] = set()
        return [self._read_item(raw, keys) for raw in raws]

    def _read_item(self, raw: bytes, keys: set[str]) -> _Item:
        try:
            _check_size(raw)
            members = content.slice_members(raw)
            key = _take_key(members, keys)
            submission = content.split_parts(members)
            self.access.require_service(submission.facts["svc"])
        except (LedgerError, AccountsError, Problem) as refused:
            return _problem(refused)
        return _Accepted(submission, self._item_claim(key, raw))

    def _item_claim(self, key: str | None, raw: bytes) -> Claim | None:
        if key is None:
            return None
        digest = idempotency.request_digest(
            settings.SECRET_KEY, method="POST", path=self.plain.path, body=raw
        )
        return idempotency.item_key(self.actor.id, key, request=digest)


def _read_envelope(body: bytes) -> tuple[list[bytes], bool]:
    """Return the items' bytes, and whether one refused item refuses all."""
    if not body:
        raise Problem("malformed_json", "The body is empty; send {decisions: […]}.")
    envelope, raws = content.items_of(body, "decisions")
    unknown = sorted(set(envelope) - set(ENVELOPE))
    if unknown:
        raise unknown_fields(unknown)
    most = settings.MAX_BATCH_ITEMS
    if not 1 <= len(raws) <= most:
        raise invalid("/decisions", "validation_failed", f"decisions must hold 1 to {most} items.")
    on_error = envelope.get("on_error") or "skip"
    if on_error not in ON_ERROR:
        raise invalid("/on_error", "validation_failed", "on_error must be skip or abort.")
    return raws, on_error == "abort"


def _check_size(raw: bytes) -> None:
    limit = settings.MAX_BODY_BYTES
    if len(raw) > limit:
        raise Problem("body_too_large", f"A decision may have at most {limit:,} bytes.")


def _take_key(members: dict[str, Member], keys: set[str]) -> str | None:
    """Take the item's own key out of its members; no key may stand twice in one batch."""
    member = members.pop("idempotency_key", None)
    if member is None or member.value is None:
        return None
    key = member.value
    if not isinstance(key, str) or not 1 <= len(key) <= MAX_KEY or not key.isprintable():
        wanted = f"idempotency_key must be a string of 1 to {MAX_KEY} printable characters."
        raise invalid("/idempotency_key", "validation_failed", wanted)
    if key in keys:
        twice = "idempotency_key stands twice in this batch."
        raise invalid("/idempotency_key", "validation_failed", twice)
    keys.add(key)
    return key


def _accepted(items: Sequence[_Item]) -> Iterator[_Accepted]:
    return (item for item in items if isinstance(item, _Accepted))


def _refuse_whole(items: Sequence[_Item]) -> None:
    """Raise the problem of a batch that stands or falls as one, if an item is refused."""
    refused = [(i, item) for i, item in enumerate(items) if isinstance(item, Problem)]
    if not refused:
        return
    faults = [
        Fault(f"/decisions/{index}{fault.pointer}", fault.code, fault.detail)
        for index, item in refused
        for fault in item.errors or (Fault("", item.code, item.detail),)
    ]
    index, first = refused[0]
    raise Problem("validation_failed", f"decisions/{index}: {first.detail}", errors=faults[:100])


def _problem(refused: Exception) -> Problem:
    problem = problem_of(refused)
    if problem is None:
        raise refused
    return problem


def _merged(items: Sequence[_Item], outcomes: Sequence[Any]) -> list[Any]:
    """Return what became of every item, in order: its own refusal, or its outcome."""
    waiting = iter(outcomes)
    return [item if isinstance(item, Problem) else next(waiting) for item in items]


def _kept(outcome: Any) -> _Kept:
    """Return what is kept of an item: where it went, or why it did not."""
    refused = getattr(outcome, "refused", outcome)
    if isinstance(refused, Exception):
        return _problem(refused).code
    earlier = getattr(outcome, "earlier", outcome)
    if isinstance(earlier, Earlier):
        return (earlier.seq, earlier.result, True)
    header = outcome.appended.header
    return (header.seq, header.rec, False)


def _answer(outcomes: Sequence[Any]) -> dict[str, Any]:
    results = [_result(index, outcome) for index, outcome in enumerate(outcomes)]
    statuses = [result["status"] for result in results]
    return {
        "results": results,
        "recorded": statuses.count("recorded"),
        "duplicates": statuses.count("duplicate"),
        "refused": statuses.count("refused"),
    }


def _result(index: int, outcome: Any) -> dict[str, Any]:
    """Return one item's result, from what became of it or from what was kept of that."""
    kept = outcome if isinstance(outcome, (str, tuple)) else _kept(outcome)
    if isinstance(kept, str):
        problem = _item_problem(kept, outcome)
        return _line(index, "refused", None, None, problem)
    seq, decision_id, duplicate = kept
    return _line(index, "duplicate" if duplicate else "recorded", decision_id, seq, None)


def _line(
    index: int,
    status: str,
    decision_id: str | None,
    seq: int | None,
    problem: dict[str, Any] | None,
) -> dict[str, Any]:
    return {
        "index": index,
        "status": status,
        "decision_id": decision_id,
        "seq": seq,
        "problem": problem,
    }


def _item_problem(code: str, outcome: Any) -> dict[str, Any]:
    kind = KINDS[code]
    problem = _problem(outcome) if isinstance(outcome, Exception) else Problem(code, kind.title)
    return {
        "type": f"/docs/errors#{code}",
        "title": kind.title,
        "status": kind.status,
        "detail": problem.detail,
        "code": code,
        "errors": [
            {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail}
            for fault in problem.errors
        ],
    }


urlpatterns = [path("v1/decisions/batch", Batch.as_view())]
