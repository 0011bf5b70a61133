"""The ledger's own search tokens: how each value is checked and which condition it becomes."""

from __future__ import annotations

import re
from collections.abc import Sequence

from ledger.queries import sealed_size
from ledger.queries.filters import Condition, either, equals_any
from ledger.search import names
from ledger.search.parsing import ID, NUMBER, WORD, Value
from ledger.search.ranges import Moments, read_age, read_moments
from ledger.search.registry import Asked, Build, Check, register_token
from ledger.search.words import words_of

_HASH = re.compile(r"[0-9a-f]{6,64}")
_ID = re.compile(r"dec_[0-9a-f]{32}")
_NUMBER = re.compile(r"\d{1,18}", re.ASCII)

# A flag is what the newest verdict says; a decision that is corrected may be flagged again.
_STATES = {
    "open": Condition("d.verdict IS NULL"),
    "flagged": Condition("d.verdict = 'incorrect'"),
    "confirmed": Condition("d.verdict = 'confirmed'"),
    "corrected": Condition("d.status = 'corrected'"),
    "erased": Condition("d.content_hash IS NULL"),
}
_RISKS = ("high", "limited", "minimal")
_DECISION_COLUMNS = {
    "service": "service",
    "type": "decision_type",
    "env": "environment",
    "model": "model",
    "provider": "provider",
    "reason": "reason_code",
}
_COPY_COLUMNS = {
    "release": "release",
    "session": "session",
    "prompt": "template",
    "subject": "subject",
}


def register_all() -> None:
    """Register every token of the ledger."""
    register_token(WORD, _words)
    register_token(NUMBER, _numbers, check=_is_number)
    register_token(ID, _ids, check=_like(_ID, "An id is dec_ and 32 hex digits."))
    register_token("hash", _hashes, check=_like(_HASH, "hash: takes 6 to 64 hex digits."))
    register_token("is", _states, check=_one_of("is", (*_STATES, "sealed")))
    register_token("risk", _risks, check=_one_of("risk", _RISKS))
    register_token("by", _by)
    register_token("at", _at, check=_is_moments)
    register_token("age", _age, check=_is_age)
    for name, column in _DECISION_COLUMNS.items():
        register_token(name, _in_decision(column))
    for name, column in _COPY_COLUMNS.items():
        register_token(name, _in_copy(column))


# --- checks ------------------------------------------------------------------------------------


def _like(pattern: re.Pattern[str], message: str) -> Check:
    def check(value: Value) -> str | None:
        return None if pattern.fullmatch(value.text.lower()) and not value.open else message

    return check


def _one_of(name: str, words: Sequence[str]) -> Check:
    def check(value: Value) -> str | None:
        if value.text.lower() in words and not value.open:
            return None
        return f"{name}: is one of {', '.join(words)}."

    return check


def _is_number(value: Value) -> str | None:
    return None if _NUMBER.fullmatch(value.text) else "# takes the number of an entry."


def _is_moments(value: Value) -> str | None:
    if read_moments(value.text):
        return None
    return "at: takes a UTC date or time, or a range as 2026-11-01..2026-11-24."


def _is_age(value: Value) -> str | None:
    # Whether it can be read does not depend on the present.
    if read_age(value.text, at=names.SOME_MOMENT):
        return None
    return "age: takes >2h, <30m or 1d..2d; units are s, m, h, d and w."


# --- conditions --------------------------------------------------------------------------------


def _words(values: Sequence[Value], _asked: Asked) -> Condition | None:
    texts = [(value, words_of(value.text)) for value in values]
    return either([_text(words, open_end=value.open) for value, words in texts if words])


def _text(words: list[str], *, open_end: bool) -> Condition:
    if open_end:
        # Words hold letters and digits alone, so nothing in them is an operator.
        asked = " <-> ".join(words) + ":*"
        return Condition("s.body @@ to_tsquery('simple', %s)", (asked,), side=True)
    return Condition("s.body @@ phraseto_tsquery('simple', %s)", (" ".join(words),), side=True)


def _numbers(values: Sequence[Value], asked: Asked) -> Condition:
    # Any entry leads to its decision: the number of a correction finds what was corrected.
    return Condition(
        "d.decision_id IN (SELECT e.rec FROM ledger_entry e"
        " WHERE e.ledger_id = %s AND e.seq = ANY(%s) AND e.rec IS NOT NULL)",
        (asked.ledger.ledger_id, [int(value.text) for value in values]),
    )


def _ids(values: Sequence[Value], _asked: Asked) -> Condition:
    return equals_any("d.decision_id", [value.text.lower() for value in values])


def _hashes(values: Sequence[Value], _asked: Asked) -> Condition | None:
    found = []
    for value in values:
        first = bytes.fromhex(value.text.ljust(64, "0"))
        last = bytes.fromhex(value.text.ljust(64, "f"))
        found.append(
            Condition(
                "d.chain_hash BETWEEN %s AND %s OR d.content_hash BETWEEN %s AND %s",
                (first, last, first, last),
            )
        )
    return either(found)


def _states(values: Sequence[Value], asked: Asked) -> Condition | None:
    return either([_state(value.text.lower(), asked) for value in values])


def _state(name: str, asked: Asked) -> Condition:
    if name == "sealed":
        # The number itself, so that PostgreSQL knows how few or many decisions lie below it.
        return Condition("d.seq < %s", (sealed_size(asked.ledger),))
    return _STATES[name]


def _risks(values: Sequence[Value], _asked: Asked) -> Condition:
    return equals_any("d.risk_tier", [value.text.lower() for value in values])


def _by(values: Sequence[Value], asked: Asked) -> Condition:
    ids = names.actors_of(asked, values)
    if not ids:
        return Condition("false")
    return Condition(
        "EXISTS (SELECT FROM ledger_acted a WHERE a.ledger_id = d.ledger_id"
        " AND a.seq = d.seq AND a.actor_id = ANY(%s))",
        (ids,),
    )


def _at(values: Sequence[Value], asked: Asked) -> Condition | None:
    return _within(asked, [read_moments(value.text) for value in values])


def _age(values: Sequence[Value], asked: Asked) -> Condition | None:
    return _within(asked, [read_age(value.text, at=asked.at) for value in values])


def _within(asked: Asked, ranges: Sequence[Moments | None]) -> Condition | None:
    return either([_numbers_within(asked, moments) for moments in ranges if moments])


def _numbers_within(asked: Asked, moments: Moments) -> Condition:
    """Return the range of entry numbers that a range of times is: entries are in order of time."""
    bounds = [
        Condition(f"d.seq {sign} ledger_seq_at(%s, %s)", (asked.ledger.ledger_id, moment))
        for sign, moment in ((">=", moments.start), ("<", moments.end))
        if moment is not None
    ]
    return Condition(
        " AND ".join(bound.sql for bound in bounds),
        tuple(value for bound in bounds for value in bound.params),
    )


def _in_decision(column: str) -> Build:
    def build(values: Sequence[Value], asked: Asked) -> Condition | None:
        exact = [value.text for value in values if not value.open]
        begun = [value.text for value in values if value.open]
        for start in begun:
            known = names.beginning_with(asked.ledger, column, start)
            if known is None:
                return either([_begins(column, values)])
            exact += known
        return equals_any(f"d.{column}", exact)

    return build


def _begins(column: str, values: Sequence[Value]) -> Condition:
    found = [
        Condition(f"d.{column} {'^@' if value.open else '='} %s", (value.text,)) for value in values
    ]
    return either(found) or Condition("false")


def _in_copy(column: str) -> Build:
    def build(values: Sequence[Value], _asked: Asked) -> Condition | None:
        # The copies are in byte order, so `^@` is a range of their index.
        exact = [value.text for value in values if not value.open]
        found = [equals_any(f"s.{column}", exact, side=True)] if exact else []
        begun = [value.text for value in values if value.open]
        return either(
            found + [Condition(f"s.{column} ^@ %s", (start,), side=True) for start in begun]
        )

    return build
