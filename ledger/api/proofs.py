"""Receipts, entries, checkpoints and proofs, for programs that check the ledger. No content."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any, ClassVar, Final

from django.conf import settings
from django.urls import path
from loopgrid_proof.headers import Header
from rest_framework.request import Request
from rest_framework.response import Response

from ledger import queries, serving
from ledger.api import parameters
from ledger.api.base import WorkspaceAPIView
from ledger.api.included import receipt_object
from ledger.api.problems import invalid_parameter, shown
from ledger.errors import NotFound, NotSealed
from ledger.serving import EntryReceipt, LedgerStanding, SignedCheckpoint

JSON: Final = "application/json"
TEXT: Final = "text/plain"
MAX_LIMIT: Final = 200
USUAL_LIMIT: Final = 50
MAX_NUMBER: Final = 2**53 - 1

_is_number = re.compile(r"0|[1-9][0-9]{0,15}", re.ASCII).fullmatch


class ProofView(WorkspaceAPIView):
    """Hashes, sizes and headers; open to keys that may verify or read."""

    scope = ("verify", "read")

    def limit(self) -> int:
        """Return how many items are asked for."""
        return parameters.whole(self.plain, "limit", default=USUAL_LIMIT, low=1, high=MAX_LIMIT)

    def number(self, name: str) -> int | None:
        """Return an entry number or size among the query parameters, None if it is absent."""
        found = parameters.whole(self.plain, name, default=-1, low=0, high=MAX_NUMBER)
        return None if found < 0 else found

    def required(self, name: str) -> int:
        """Return an entry number or size that has to be given."""
        found = self.number(name)
        if found is None:
            raise invalid_parameter(name, "is needed here.")
        return found


class ReceiptView(ProofView):
    """A receipt as JSON, or as the text that carries its own proof."""

    media_types: ClassVar[tuple[str, ...]] = (JSON, TEXT)

    def receipt(self, seq: int) -> Response:
        """Return the receipt of an entry in the form that was asked for."""
        parameters.refuse_unknown(self.plain, ())
        receipt = serving.receipt_of(self.ledger, seq)
        if self.request.accepted_media_type == TEXT:
            return Response(receipt.text(), content_type=f"{TEXT}; charset=utf-8")
        return Response(sealed_receipt(receipt))


class DecisionReceipt(ReceiptView):
    """`/v1/decisions/{id}/receipt`."""

    def get(self, _request: Request, decision_id: str) -> Response:
        """Return the receipt of the entry that recorded the decision."""
        decision = self.decision_ref(decision_id)
        return self.receipt(queries.decision(self.ledger, decision.decision_id).seq)


class OneEntryReceipt(ReceiptView):
    """`/v1/entries/{seq}/receipt`."""

    def get(self, _request: Request, seq: str) -> Response:
        """Return the receipt of the entry."""
        return self.receipt(number_in_path(seq))


class Entries(ProofView):
    """`/v1/entries`."""

    def get(self, _request: Request) -> Response:
        """Return entries in order, from the one after `after` on."""
        parameters.refuse_unknown(self.plain, ("after", "limit"))
        after, limit = self.number("after"), self.limit()
        start = -1 if after is None else after
        found = queries.entries_after(self.ledger, start, limit=limit + 1)
        size = queries.sealed_size(self.ledger)
        data = [entry_object(header, sealed_size=size) for header in found[:limit]]
        more = len(found) > limit
        return Response(
            {
                "data": data,
                "next_after": found[limit - 1].seq if more else None,
                "has_more": more,
            }
        )


class OneEntry(ProofView):
    """`/v1/entries/{seq}`."""

    def get(self, _request: Request, seq: str) -> Response:
        """Return the header of an entry, exactly as it is sealed."""
        parameters.refuse_unknown(self.plain, ())
        header = queries.entry(self.ledger, number_in_path(seq))
        return Response(entry_object(header, sealed_size=queries.sealed_size(self.ledger)))


class InclusionProofs(ProofView):
    """`/v1/proofs/inclusion`."""

    def get(self, _request: Request) -> Response:
        """Return the path from an entry to the root of a signed checkpoint."""
        parameters.refuse_unknown(self.plain, ("seq", "size"))
        seq, size = self.required("seq"), self.number("size")
        try:
            under = None if size is None else serving.checkpoint_of_size(self.ledger, size)
        except NotFound as fault:
            raise invalid_parameter("size", "must be the size of a signed checkpoint.") from fault
        try:
            proof = serving.inclusion_proof(self.ledger, seq, checkpoint=under)
        except (NotFound, NotSealed) as fault:
            raise invalid_parameter(
                "seq", "must be an entry that the checkpoint covers."
            ) from fault
        return Response(
            {
                "seq": seq,
                "size": proof.checkpoint.size,
                "leaf_hash": proof.leaf_hash.hex(),
                "inclusion": hex_of(proof.path),
                "checkpoint": proof.checkpoint.note.decode(),
            }
        )


class ConsistencyProofs(ProofView):
    """`/v1/proofs/consistency`."""

    def get(self, _request: Request) -> Response:
        """Return the hashes that show one tree to continue another."""
        parameters.refuse_unknown(self.plain, ("from", "to"))
        old_size = self.required("from")
        try:
            proof = serving.consistency_proof(self.ledger, old_size, self.number("to"))
        except NotFound as fault:
            words = "must be the size of a signed checkpoint, not smaller than from."
            raise invalid_parameter("to", words) from fault
        return Response(
            {
                "from": old_size,
                "to": proof.checkpoint.size,
                "from_root": proof.old_root.hex(),
                "consistency": hex_of(proof.path),
                "checkpoint": proof.checkpoint.note.decode(),
            }
        )


class Checkpoints(ProofView):
    """`/v1/checkpoints`."""

    def get(self, _request: Request) -> Response:
        """Return signed checkpoints, newest first, from below `before` on."""
        parameters.refuse_unknown(self.plain, ("before", "limit"))
        limit = self.limit()
        found = serving.checkpoints_before(self.ledger, self.number("before"), limit=limit + 1)
        more = len(found) > limit
        return Response(
            {
                "data": [checkpoint_object(one) for one in found[:limit]],
                "next_before": found[limit - 1].size if more else None,
                "has_more": more,
            }
        )


class OneCheckpoint(ProofView):
    """`/v1/checkpoints/{size}`."""

    def get(self, _request: Request, size: str) -> Response:
        """Return the signed checkpoint of this size."""
        parameters.refuse_unknown(self.plain, ())
        found = serving.checkpoint_of_size(self.ledger, number_in_path(size))
        return Response(checkpoint_object(found))


class LedgerItself(ProofView):
    """`/v1/ledger`."""

    def get(self, _request: Request) -> Response:
        """Return origin, size, how far it is sealed, and the keys that sign it."""
        parameters.refuse_unknown(self.plain, ())
        standing = serving.standing_of(self.ledger)
        since = standing.unsealed_since
        lag = 0 if since is None else max(0, int((self.clock() - since).total_seconds()))
        return Response(ledger_object(standing, lag_seconds=lag))


def number_in_path(text: str) -> int:
    """Return the number in an address; NotFound for anything else, as for a number not in use."""
    if not _is_number(text):
        raise NotFound(f"{shown(text)} is no entry or size.")
    return int(text)


def sealed_receipt(receipt: EntryReceipt) -> dict[str, Any]:
    """Return a receipt with its proof, if there is one."""
    if receipt.proof is None:
        return receipt_object(receipt.header, sealed_size=0)
    proof = receipt.proof
    return receipt_object(receipt.header, sealed_size=proof.checkpoint.size) | {
        "checkpoint": proof.checkpoint.note.decode(),
        "inclusion": hex_of(proof.path),
    }


def entry_object(header: Header, *, sealed_size: int) -> dict[str, Any]:
    """Return an entry: the exact text of its header, and what is read most often beside it."""
    return {
        "seq": header.seq,
        "kind": header.kind,
        "recorded_at": header.t,
        "record": header.rec,
        "leaf": header.leaf.decode(),
        "leaf_hash": header.leaf_hash.hex(),
        "prev": header.prev.hex(),
        "state": "sealed" if header.seq < sealed_size else "recorded",
    }


def checkpoint_object(checkpoint: SignedCheckpoint) -> dict[str, Any]:
    """Return a checkpoint: what it states, and the signed note."""
    return {
        "size": checkpoint.size,
        "root": checkpoint.root.hex(),
        "checkpoint": checkpoint.note.decode(),
    }


def ledger_object(standing: LedgerStanding, *, lag_seconds: int) -> dict[str, Any]:
    """Return a ledger as it stands."""
    end, newest = standing.end, standing.checkpoint
    return {
        "origin": standing.ledger.origin,
        "size": 0 if end is None else end.size,
        "head_seq": None if end is None else end.seq,
        "head_hash": None if end is None else end.leaf_hash.hex(),
        "sealed_size": standing.sealed_size,
        "checkpoint": None if newest is None else newest.note.decode(),
        "lag_seconds": lag_seconds,
        "open_local": settings.OPEN_LOCAL,
        "alarm": standing.alarm,
        "keys": [
            {"vkey": key.vkey, "after_size": key.added, "until_size": key.until}
            for key in standing.keys
        ],
    }


def hex_of(path: Sequence[bytes]) -> list[str]:
    """Return hashes as lowercase hex."""
    return [node.hex() for node in path]


urlpatterns = [
    path("v1/decisions/<str:decision_id>/receipt", DecisionReceipt.as_view()),
    path("v1/entries", Entries.as_view()),
    path("v1/entries/<str:seq>", OneEntry.as_view()),
    path("v1/entries/<str:seq>/receipt", OneEntryReceipt.as_view()),
    path("v1/proofs/inclusion", InclusionProofs.as_view()),
    path("v1/proofs/consistency", ConsistencyProofs.as_view()),
    path("v1/checkpoints", Checkpoints.as_view()),
    path("v1/checkpoints/<str:size>", OneCheckpoint.as_view()),
    path("v1/ledger", LedgerItself.as_view()),
]
