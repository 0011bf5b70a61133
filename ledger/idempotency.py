"""One key, one answer: a request sent twice leaves one entry.

The row stands in the transaction that appends, so key and entry are kept or lost together. It holds
numbers, ids and a keyed digest of the request, never content: a repeated answer is rendered again
from the ledger.
"""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING
from uuid import UUID

from ledger.errors import KeyReused

if TYPE_CHECKING:
    from psycopg import Connection, Cursor

KEEP = timedelta(hours=24)
# Spilled records of an SDK may arrive weeks late.
KEEP_RECORDING = timedelta(days=30)
MAX_KEY = 255

_CLAIM = """
INSERT INTO ledger_idempotency AS kept (ledger_id, actor, key, request, expires_at)
SELECT %s, %s, claimed.key, claimed.request, clock_timestamp() + %s
FROM unnest(%s::text[], %s::bytea[]) AS claimed (key, request)
ORDER BY claimed.key
ON CONFLICT (ledger_id, actor, key) DO UPDATE
  SET request = excluded.request, seq = NULL, result = NULL, expires_at = excluded.expires_at
  WHERE kept.expires_at < clock_timestamp()
RETURNING key
"""
_READ = """
SELECT key, request, seq, result FROM ledger_idempotency
WHERE ledger_id = %s AND actor = %s AND key = ANY(%s)
"""
_COMPLETE = """
UPDATE ledger_idempotency AS kept SET seq = done.seq, result = done.result
FROM unnest(%s::text[], %s::bigint[], %s::text[]) AS done (key, seq, result)
WHERE kept.ledger_id = %s AND kept.actor = %s AND kept.key = done.key
"""


@dataclass(frozen=True, slots=True)
class Claim:
    """A key as one caller used it: who, the key in its space, and the digest of the request."""

    actor: str
    key: str
    request: bytes
    keep: timedelta = KEEP


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the first request under a key left: the number of its entry and the id it made."""

    seq: int | None
    result: str | None


def request_key(actor_id: str, key: str, *, request: bytes, keep: timedelta = KEEP) -> Claim:
    """Return the claim of a whole request's `Idempotency-Key`."""
    return Claim(actor_id, f"r:{key}", request, keep)


def item_key(actor_id: str, key: str, *, request: bytes) -> Claim:
    """Return the claim of one item of a batch; items have a key space of their own."""
    return Claim(actor_id, f"i:{key}", request, KEEP_RECORDING)


def request_digest(secret: str, *, method: str, path: str, body: bytes) -> bytes:
    """Return the keyed digest that tells one request from another under the same key."""
    text = f"{method} {path}\n".encode() + body
    return hmac.digest(secret.encode(), text, "sha256")


def claim_keys(
    cursor: Cursor, ledger_id: UUID, claims: Iterable[Claim]
) -> Mapping[str, Earlier | KeyReused]:
    """Take these keys of one actor in key order; return what the taken ones stood for before.

    A key that is missing from the answer is this transaction's now. Waits for another transaction that
    holds one of them; a lock time-out there means that the first request has not ended.
    """
    wanted = {claim.key: claim for claim in claims}
    if not wanted:
        return {}
    one = next(iter(wanted.values()))
    keys = sorted(wanted)
    cursor.execute(
        _CLAIM,
        (ledger_id, one.actor, one.keep, keys, [wanted[key].request for key in keys]),
    )
    taken = {row[0] for row in cursor.fetchall()}
    others = [key for key in keys if key not in taken]
    if not others:
        return {}
    cursor.execute(_READ, (ledger_id, one.actor, others))
    return {
        key: Earlier(seq, result)
        if hmac.compare_digest(bytes(request), wanted[key].request)
        else KeyReused("This idempotency key stood for another request.")
        for key, request, seq, result in cursor.fetchall()
    }


def complete_keys(
    cursor: Cursor, ledger_id: UUID, actor: str, done: Iterable[tuple[str, int | None, str | None]]
) -> None:
    """Write what each taken key of `actor` now stands for: (key, number of the entry, id made)."""
    rows = list(done)
    if rows:
        keys, seqs, results = (list(column) for column in zip(*rows, strict=True))
        cursor.execute(_COMPLETE, (keys, seqs, results, ledger_id, actor))


def forget_expired(connection: Connection) -> int:
    """Delete the rows whose time is over and return their number."""
    return connection.execute(
        "DELETE FROM ledger_idempotency WHERE expires_at < clock_timestamp()"
    ).rowcount
