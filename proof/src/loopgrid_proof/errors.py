"""What a check reports, and the one rule that turns findings into a verdict.

    Fault       one check failed while reading one thing; carries the code
    Finding     the same, with its place, as a verification lists it

The prefix of a code decides: any `E_` is broken, else any `U_` is unproven, else intact.
`W_` never changes a verdict. Broken means that something contradicts; unproven that nothing
contradicts but something needed is missing or unknown.
"""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

MAX_FINDINGS = 1000

# Code -> damage. None for codes that say "could not be checked" or "worth knowing".
DAMAGE: Mapping[str, str | None] = {
    "U_VERSION": None,
    "U_REGISTRY": None,
    "E_NO_CHECKPOINT": "signature_invalid",
    "E_NOTE": "signature_invalid",
    "E_ORIGIN": "signature_invalid",
    "E_LEDGER": "inserted",
    "E_KEY": "signature_invalid",
    "E_SIG": "signature_invalid",
    "U_NO_TRUSTED_KEY": None,
    "E_EMPTY": "truncated",
    "E_PARSE": "edited",
    "E_CANON": "edited",
    "E_PROFILE": "edited",
    "E_WRITER": "not_allowed",
    "E_SEQ": "deleted",
    "E_PREV": "edited",
    "E_TIME": "misdated",
    "E_COLUMN": "projection_altered",
    "E_PROJECTION": "projection_altered",
    "E_ROOT_RANGE": "rewritten",
    "E_KEY_WINDOW": "signature_invalid",
    "E_TRUNCATED": "truncated",
    "E_UNSIGNED_TAIL": "inserted",
    "U_UNSEALED": None,
    "U_ALARM": None,
    "E_PROOF": "edited",
    "E_TILE": "projection_altered",
    "E_FORK_VS_HELD": "forked",
    "E_TRUNCATED_VS_HELD": "truncated",
    "E_RECEIPT": "forked",
    "U_STALE": None,
    "E_PART_ALTERED": "part_altered",
    "E_PART_MISSING": "part_missing",
    "E_REC_ORDINAL": "deleted",
    "E_SRC": "inserted",
    "E_REF": "not_allowed",
    "W_SRC_GAP": None,
    "W_DISOWNED": None,
}


class ProofError(Exception):
    """The root of every error this package raises on purpose."""


class Fault(ProofError):
    """One check failed. `code` is a key of DAMAGE; `detail` is one sentence without any content."""

    def __init__(self, code: str, detail: str) -> None:
        """Keep both apart, so that callers compare codes and never texts."""
        super().__init__(code, detail)
        self.code = code
        self.detail = detail

    def __str__(self) -> str:
        """Show the code first, as every report does."""
        return f"{self.code}: {self.detail}"


class UsageError(ProofError):
    """The person checking handed in something that cannot be used; no verdict follows from it."""


class Verdict(enum.Enum):
    """The only three answers a verification has."""

    INTACT = "intact"
    BROKEN = "broken"
    UNPROVEN = "unproven"


@dataclass(frozen=True)
class Finding:
    """One thing a verification noticed, and where.

    `seq` is an entry; `frm` and `to` are a half-open range of entries, for damage that can only
    be narrowed down to it; `suspect` is the entry most likely at fault, where that is known.
    """

    code: str
    damage: str | None
    seq: int | None
    frm: int | None
    to: int | None
    suspect: int | None
    detail: str

    @property
    def place(self) -> int | None:
        """Return the entry this points at first: suspect, else seq, else start of the range."""
        if self.suspect is not None:
            return self.suspect
        return self.seq if self.seq is not None else self.frm

    def as_json(self) -> dict[str, Any]:
        """Return the form of `loopgrid.verification/v1`; what is unknown is left out."""
        pairs = {
            "code": self.code,
            "damage": self.damage,
            "seq": self.seq,
            "from": self.frm,
            "to": self.to,
            "suspect": self.suspect,
            "detail": self.detail,
        }
        return {k: v for k, v in pairs.items() if v is not None}

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Finding:
        """Read back what `as_json` wrote."""
        get = value.get
        return cls(
            value["code"],
            get("damage"),
            get("seq"),
            get("from"),
            get("to"),
            get("suspect"),
            value["detail"],
        )


def finding(
    code: str,
    detail: str,
    *,
    seq: int | None = None,
    frm: int | None = None,
    to: int | None = None,
    suspect: int | None = None,
    damage: str | None = None,
) -> Finding:
    """Return a Finding with the damage the table gives for `code`, unless told otherwise."""
    return Finding(code, damage or DAMAGE[code], seq, frm, to, suspect, detail)


def verdict_of(findings: Iterable[Finding]) -> Verdict:
    """Return the verdict that these findings decide; none at all is intact."""
    prefixes = {f.code[0] for f in findings}
    if "E" in prefixes:
        return Verdict.BROKEN
    return Verdict.UNPROVEN if "U" in prefixes else Verdict.INTACT


def first_bad_of(findings: Iterable[Finding]) -> Finding | None:
    """Return the finding with the lowest place among those that decide the verdict.

    Warnings never count, nor findings without a place. None when nothing has a place.
    """
    listed = list(findings)
    letter = {Verdict.BROKEN: "E", Verdict.UNPROVEN: "U", Verdict.INTACT: ""}[verdict_of(listed)]
    placed = [f for f in listed if letter and f.code[0] == letter and f.place is not None]
    return min(placed, key=lambda f: f.place or 0, default=None)


class Findings:
    """A bounded list of findings: a wrecked ledger cannot exhaust memory or hide its verdict.

    The lowest place and the verdict stay exact however many findings were left out.
    """

    def __init__(self, findings: Iterable[Finding] = ()) -> None:
        """Start with `findings`, which count as added in that order."""
        self._kept: dict[str, list[Finding]] = {"E": [], "U": [], "W": []}
        self._lowest: dict[str, Finding] = {}
        self.total = 0
        for one in findings:
            self.add(one)

    def add(self, one: Finding) -> None:
        """Keep `one`, or only count it when there are MAX_FINDINGS of its kind."""
        letter = one.code[0]
        self.total += 1
        kept = self._kept[letter]
        if len(kept) < MAX_FINDINGS:
            kept.append(one)
        lowest = self._lowest.get(letter)
        if one.place is not None and (lowest is None or one.place < (lowest.place or 0)):
            self._lowest[letter] = one

    def correct(self, one: Finding) -> None:
        """Put `one` in the place of the finding with its code and `seq`, or add it."""
        kept = self._kept[one.code[0]]
        for place, other in enumerate(kept):
            if (other.code, other.seq) == (one.code, one.seq):
                kept[place] = one
                if self._lowest.get(one.code[0]) is other:
                    self._lowest[one.code[0]] = one
                return
        self.add(one)

    @property
    def kept(self) -> tuple[Finding, ...]:
        """Return at most MAX_FINDINGS: errors first, then what is unknown, then warnings."""
        lowest = [f for letter in "EUW" for f in [self._lowest.get(letter)] if f is not None]
        listed = [f for letter in "EUW" for f in self._kept[letter]]
        cut = listed[:MAX_FINDINGS]
        # The lowest place must be among what is shown, also when it came after the cap.
        first = first_bad_of(lowest)
        if first is not None and first not in cut:
            cut[-1] = first
        return tuple(cut)


@dataclass(frozen=True)
class Verification:
    """The result of checking a ledger or a part of it; `size` is up to where it was checked."""

    verdict: Verdict
    origin: str
    size: int
    root: bytes
    head_time: str | None
    sealed_size: int
    first_bad: int | None
    damage: str | None
    findings: tuple[Finding, ...]
    counts: Mapping[str, int] = field(default_factory=dict)
    grades: Mapping[str, int] = field(default_factory=dict)

    @classmethod
    def of(
        cls,
        findings: Findings,
        *,
        origin: str,
        size: int,
        root: bytes,
        head_time: str | None,
        sealed_size: int,
        counts: Mapping[str, int],
        grades: Mapping[str, int] | None = None,
    ) -> Verification:
        """Return the result that `findings` decide."""
        kept = findings.kept
        first = first_bad_of(kept)
        return cls(
            verdict=verdict_of(kept),
            origin=origin,
            size=size,
            root=root,
            head_time=head_time,
            sealed_size=sealed_size,
            first_bad=None if first is None else first.place,
            damage=None if first is None else first.damage,
            findings=kept,
            counts=dict(counts),
            grades=dict(grades or {}),
        )

    def as_json(self) -> dict[str, Any]:
        """Return the object of format `loopgrid.verification/v1`."""
        return {
            "format": "loopgrid.verification/v1",
            "verdict": self.verdict.value,
            "origin": self.origin,
            "size": self.size,
            "sealed_size": self.sealed_size,
            "root": self.root.hex(),
            "head_time": self.head_time,
            "grades": dict(self.grades),
            "counts": dict(self.counts),
            "first_bad": self.first_bad,
            "damage": self.damage,
            "findings": [f.as_json() for f in self.findings],
        }
