"""Keeps the search copies of decisions, some seconds behind the ledger.

What an entry says about a decision, in the decision or in a verdict on it, is cut into words and
kept with the decision. A row is made again from the parts that are there whenever an entry follows.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any
from uuid import UUID

import msgspec
from django.db import connection
from django.db.backends.utils import CursorWrapper
from loopgrid_proof.headers import Header, readable

from ledger import counting, following
from ledger.content.submission import MAX_LABEL
from ledger.following import Clock, Span
from ledger.queries import LedgerRef, open_ledgers
from ledger.search.words import readable as without_nul
from ledger.search.words import words_of

FOLLOWER = "search"
STEP = 500
# Of a part the first bytes are read, of a decision the first characters kept. PostgreSQL holds no
# more than a megabyte of words per row.
MAX_PART = 256 * 1024
MAX_WORDS = 100_000
# Longer ones are encoded files and the like; they would leave no room for words.
MAX_WORD = 256
# Who acted is found by `by:`; the details of a person are no text of the decision.
_UNSEARCHED = ("actor", "context")

_ENTRIES = """
SELECT leaf FROM ledger_entry
WHERE ledger_id = %s AND seq > %s AND seq <= %s AND left(rec, 4) = 'dec_' ORDER BY seq
"""
_PLACES = (
    "SELECT decision_id, seq FROM ledger_decision WHERE ledger_id = %s AND decision_id = ANY(%s)"
)
_PARTS = """
SELECT e.rec, p.name, substring(p.content FROM 1 FOR %s), octet_length(p.content) > %s
FROM ledger_entry e JOIN ledger_part p ON p.ledger_id = e.ledger_id AND p.seq = e.seq
WHERE e.ledger_id = %s AND e.rec = ANY(%s) AND p.state = 'present' ORDER BY e.seq, p.name
"""
_KEEP = """
INSERT INTO ledger_search (ledger_id, seq, release, session, template, subject, body)
VALUES (%s, %s, %s, %s, %s, %s, to_tsvector('simple', %s))
ON CONFLICT (ledger_id, seq) DO UPDATE SET release = excluded.release, session = excluded.session,
  template = excluded.template, subject = excluded.subject, body = excluded.body
"""
_ACTED = """
INSERT INTO ledger_acted (ledger_id, actor_id, seq) VALUES (%s, %s, %s) ON CONFLICT DO NOTHING
"""

_REACH = """
SELECT coalesce((SELECT seq FROM ledger_cursor WHERE ledger_id = %s AND name = %s), -1),
  coalesce((SELECT max(seq) FROM ledger_entry WHERE ledger_id = %s), -1)
"""


@dataclass(slots=True)
class Copy:
    """What is searched of one decision, while its parts are read."""

    labels: dict[str, str] = field(default_factory=dict)
    words: list[str] = field(default_factory=list)
    length: int = 0

    def add(self, text: str) -> None:
        """Add the words of a text, as far as there is room."""
        for word in words_of(text):
            if self.length >= MAX_WORDS:
                return
            if len(word) > MAX_WORD:
                continue
            self.words.append(word)
            self.length += len(word) + 1


def follow_search(ledger: LedgerRef, *, clock: Clock) -> bool:
    """Bring the search copies up by the next entries; returns whether some are left."""
    return following.follow(FOLLOWER, ledger, _index, clock=clock, step=STEP)


@dataclass(frozen=True, slots=True)
class Reach:
    """How far search copies have come: up to entry `upto` (-1 is none), `behind` entries short."""

    upto: int
    behind: int


def reach_of(ledger: LedgerRef) -> Reach:
    """Return how far searching reaches in a ledger; one query."""
    with connection.cursor() as rows:
        rows.execute(_REACH, [ledger.ledger_id, FOLLOWER, ledger.ledger_id])
        upto, end = rows.fetchone()
    return Reach(upto, max(end - upto, 0))


def catch_up(*, clock: Clock, steps: int = 1000) -> None:
    """Bring counters and search copies of every open ledger up to date, in at most `steps` acts."""
    waiting = [(follow, ledger) for ledger in open_ledgers() for follow in _FOLLOWERS]
    for _step in range(steps):
        # In turns, so that a ledger with much to read does not keep the others waiting.
        waiting = [(follow, ledger) for follow, ledger in waiting if follow(ledger, clock=clock)]
        if not waiting:
            return


_FOLLOWERS = (counting.follow_counts, follow_search)


def index_again(ledger: LedgerRef) -> None:
    """Drop the search copies of a ledger; the follower makes them again from entry 0."""
    following.begin_again(FOLLOWER, ledger, tables=("ledger_search", "ledger_acted"))


def _index(span: Span) -> None:
    ledger_id = span.ledger.ledger_id
    with connection.cursor() as rows:
        headers = list(_headers(rows, span))
        records = sorted({header.rec for header in headers if header.rec})
        if not records:
            return
        rows.execute(_PLACES, [ledger_id, records])
        places = dict(rows.fetchall())
        copies = _copies(rows, ledger_id, places)
        rows.executemany(_KEEP, [_row(ledger_id, places[rec], copies[rec]) for rec in places])
        rows.executemany(_ACTED, sorted(_acts(ledger_id, headers, places)))


def _headers(rows: CursorWrapper, span: Span) -> Iterator[Header]:
    """Yield the headers about decisions; one that cannot be read is for verification to report."""
    rows.execute(_ENTRIES, [span.ledger.ledger_id, span.after, span.upto])
    for (leaf,) in rows.fetchall():
        header = readable(bytes(leaf))
        if header is not None:
            yield header


def _acts(
    ledger_id: UUID, headers: Iterable[Header], places: Mapping[str, int]
) -> set[tuple[UUID, str, int]]:
    return {
        (ledger_id, header.actor["id"], places[header.rec])
        for header in headers
        if header.rec and header.rec in places
    }


def _copies(rows: CursorWrapper, ledger_id: UUID, places: Mapping[str, int]) -> dict[str, Copy]:
    copies = {record: Copy() for record in places}
    rows.execute(_PARTS, [MAX_PART, MAX_PART, ledger_id, list(places)])
    for record, name, content, cut in rows:
        _take(copies[record], name, bytes(content), cut=cut)
    return copies


def _take(copy: Copy, name: str, content: bytes, *, cut: bool) -> None:
    """Take the words of a part, and the names that have a token of their own."""
    try:
        value = None if cut else _decode(content)
    except (msgspec.DecodeError, RecursionError):
        value = None
    if value is None:
        # Too long to be read as JSON: the words of its text, as far as it was read.
        if name not in _UNSEARCHED:
            copy.add(content.decode("utf-8", "replace"))
        return
    if name == "context":
        labels = {"release": "release", "session_id": "session", "subject_ref": "subject"}
        copy.labels |= {labels[key]: value[key] for key in labels if _is_name(value.get(key))}
        value = value.get("error")
    elif name == "prompt" and isinstance(value, dict) and _is_name(value.get("template")):
        copy.labels["template"] = value["template"]
    if name != "actor":
        for text in texts_of(value):
            copy.add(text)


_decode = msgspec.json.Decoder(float_hook=str).decode


def _is_name(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_LABEL


def texts_of(value: Any) -> Iterator[str]:
    """Yield the strings and numbers of a JSON value in their order, without the keys."""
    stack = [value]
    while stack:
        item = stack.pop()
        if isinstance(item, dict):
            stack.extend(reversed(item.values()))
        elif isinstance(item, list):
            stack.extend(reversed(item))
        elif isinstance(item, str):
            yield item
        elif item is not None and not isinstance(item, bool):
            yield str(item)


def _row(ledger_id: UUID, seq: int, copy: Copy) -> tuple[Any, ...]:
    labels = {name: without_nul(value) for name, value in copy.labels.items()}
    return (
        ledger_id,
        seq,
        labels.get("release"),
        labels.get("session"),
        labels.get("template"),
        labels.get("subject"),
        " ".join(copy.words),
    )
