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

from ledger import wire
from ledger.errors import KeyReused

if TYPE_CHECKING:
    from psycopg import Connection
    from psycopg.pq.abc import PGresult

KEEP = timedelta(hours=24)
# Spilled records of an SDK may arrive weeks late.
KEEP_RECORDING = timedelta(days=30)
MAX_KEY = 255

_COMPLETE = """
UPDATE ledger_idempotency SET seq = %s, result = %s WHERE ledger_id = %s AND actor = %s AND key = %s
"""

# A caller and its key, in the key's own space.
Place = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Claim:
    """A key as one caller used it: who, the key in its space, and the digest of the request."""

    actor: str
    key: str
    request: bytes
    keep: timedelta = KEEP

    @property
    def place(self) -> Place:
        """What tells this claim's row from all others of the ledger."""
        return self.actor, self.key


@dataclass(frozen=True, slots=True)
class Earlier:
    """What the first request under a key left: the number of its entry and the id it made."""

    seq: int | None
    result: str | None


@dataclass(frozen=True, slots=True)
class Done:
    """What a claimed key stands for from now on."""

    claim: Claim
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


def claiming_script(raw: Connection, ledger_id: UUID, claims: Iterable[Claim]) -> str:
    """Return the statement that takes these keys; its result holds those that were free.

    Rows are inserted in key order, so that two transactions that share keys wait for each other and
    never deadlock. A row whose time is over counts as free. Requires at least one claim.
    """
    rows = ", ".join(
        f"('{ledger_id}'::uuid, {wire.literal(raw, claim.actor)}, {wire.literal(raw, claim.key)},"
        f" {wire.literal(raw, claim.request)},"
        f" clock_timestamp() + interval '{claim.keep.total_seconds():.0f} s')"
        for claim in sorted(claims, key=_place)
    )
    return (
        f"INSERT INTO ledger_idempotency AS kept (ledger_id, actor, key, request, expires_at)"  # noqa: S608  quoted by libpq
        f" VALUES {rows} ON CONFLICT (ledger_id, actor, key) DO UPDATE"
        f" SET request = excluded.request, seq = NULL, result = NULL,"
        f" expires_at = excluded.expires_at WHERE kept.expires_at < clock_timestamp()"
        f" RETURNING actor, key;"
    )


def free_places(result: PGresult) -> frozenset[Place]:
    """Return the keys that a claiming statement took."""
    return frozenset(
        (_text(result, row, 0), _text(result, row, 1)) for row in range(result.ntuples)
    )


def stands_for(
    raw: Connection, ledger_id: UUID, claims: Iterable[Claim], *, free: frozenset[Place]
) -> Mapping[Place, Earlier | KeyReused]:
    """Return what the keys that were not free stand for, by their place."""
    found: dict[Place, Earlier | KeyReused] = {}
    for claim in claims:
        if claim.place not in free:
            row = raw.execute(
                "SELECT request, seq, result FROM ledger_idempotency"
                " WHERE ledger_id = %s AND actor = %s AND key = %s",
                (ledger_id, *claim.place),
            ).fetchone()
            found[claim.place] = _earlier(claim, row)
    return found


def _earlier(claim: Claim, row: tuple[bytes, int | None, str | None] | None) -> Earlier | KeyReused:
    if row is None or not hmac.compare_digest(bytes(row[0]), claim.request):
        return KeyReused("This idempotency key stood for another request.")
    return Earlier(row[1], row[2])


def claim_key(raw: Connection, ledger_id: UUID, claim: Claim) -> Earlier | None:
    """Take one key inside the open transaction; return what it stood for before, if anything.

    Waits for another transaction that holds it. Raises KeyReused.
    """
    (result,) = wire.run_script(raw, claiming_script(raw, ledger_id, [claim]))
    found = stands_for(raw, ledger_id, [claim], free=free_places(result)).get(claim.place)
    if isinstance(found, KeyReused):
        raise found
    return found


def complete(raw: Connection, ledger_id: UUID, done: Done) -> None:
    """Write what a taken key stands for from now on."""
    raw.execute(_COMPLETE, (done.seq, done.result, ledger_id, *done.claim.place))


def forget_expired(raw: Connection) -> int:
    """Delete the rows whose time is over and return their number."""
    return raw.execute(
        "DELETE FROM ledger_idempotency WHERE expires_at < clock_timestamp()"
    ).rowcount


def _place(claim: Claim) -> Place:
    return claim.place


def _text(result: PGresult, row: int, column: int) -> str:
    return (result.get_value(row, column) or b"").decode()
