"""Giving drafts their place: number, link, time, ordinal, and the mac of admission."""

from __future__ import annotations

import hmac
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING

from django.conf import settings
from loopgrid_proof.headers import Header, NewEntry, check_follows, make_header

from ledger.append.locking import Head, write_time
from ledger.content import SealedPart

if TYPE_CHECKING:
    from psycopg import Connection

ADMISSION = b"loopgrid.admission/v1\n"
FIRST_OF_RECORD = "decision.recorded"

# The ordinal and number of a record's last entry.
Ordinals = Mapping[str, tuple[int, int]]


@dataclass(frozen=True, slots=True)
class Draft:
    """An entry before it has a place, with the parts whose digests it names.

    `content_hash` is kept beside a decision's parts and is no evidence.
    """

    entry: NewEntry
    parts: tuple[SealedPart, ...] = ()
    content_hash: bytes | None = None


@dataclass(frozen=True, slots=True)
class Appended:
    """An entry with its place, and the parts that go with it."""

    header: Header
    at: datetime
    mac: bytes
    mac_key: int
    parts: tuple[SealedPart, ...]
    content_hash: bytes | None


def admission_mac(leaf: bytes) -> tuple[bytes, int]:
    """Return the mac by which the notary knows an entry as ours, and which key made it."""
    number, key = next(iter(settings.ADMISSION_KEYS.items()))
    return hmac.digest(key, ADMISSION + leaf, "sha256"), number


def last_ordinals(raw: Connection, head: Head, drafts: Iterable[Draft]) -> Ordinals:
    """Return where the records stand that these drafts continue; those they begin are absent."""
    records = sorted(
        {
            draft.entry.rec
            for draft in drafts
            if draft.entry.rec and draft.entry.kind != FIRST_OF_RECORD
        }
    )
    found = {}
    for record in records:
        row = raw.execute(
            "SELECT rn, seq FROM ledger_entry WHERE ledger_id = %s AND rec = %s"
            " ORDER BY rn DESC LIMIT 1",
            (head.ledger.ledger_id, record),
        ).fetchone()
        if row:
            found[record] = (row[0], row[1])
    return found


def place(head: Head, drafts: Iterable[Draft], ordinals: Ordinals) -> list[Appended]:
    """Return the drafts with their place after `head`, each checked as a stranger would check it.

    Raises loopgrid_proof's Fault when an entry would not stand: a fault of ours, caught before
    anything is written.
    """
    previous, at = head.previous, write_time(head.at)
    ends = dict(ordinals)
    placed = []
    for draft in drafts:
        record = draft.entry.rec
        last = ends.get(record) if record else None
        leaf = make_header(
            draft.entry,
            log=head.ledger.origin,
            previous=previous,
            t=at,
            rn=None if record is None else 0 if last is None else last[0] + 1,
            rp=None if last is None else last[1],
        )
        header = check_follows(leaf, log=head.ledger.origin, previous=previous)
        if record:
            ends[record] = (header.rn or 0, header.seq)
        mac, key = admission_mac(leaf)
        placed.append(Appended(header, head.at, mac, key, draft.parts, draft.content_hash))
        previous = header.as_previous
    return placed
