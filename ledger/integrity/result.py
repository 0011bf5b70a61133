"""What a verification says: the verdict, how far it reaches, and the first thing that is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

from loopgrid_proof.errors import Finding, Verdict, Verification

from ledger.append import write_time


@dataclass(frozen=True, slots=True)
class FirstBad:
    """The finding with the lowest place, in the words of the interface.

    `expected` and `found` are None where the damage has no two values to hold against each other.
    """

    seq: int | None
    kind: str | None
    code: str
    detail: str
    expected: str | None = None
    found: str | None = None
    last_good_checkpoint: int | None = None
    frm: int | None = None
    to: int | None = None
    decision_id: str | None = None

    @property
    def broken_at(self) -> str:
        """The decision it belongs to, else the entry, else the ledger as such."""
        if self.decision_id:
            return self.decision_id
        return "ledger" if self.seq is None else f"entry {self.seq}"

    def as_json(self) -> dict[str, Any]:
        """Return the object `finding` of an answer."""
        return {
            "seq": self.seq,
            "kind": self.kind,
            "code": self.code,
            "detail": self.detail,
            "expected": self.expected,
            "found": self.found,
            "last_good_checkpoint": self.last_good_checkpoint,
            "from": self.frm,
            "to": self.to,
        }


@dataclass(frozen=True, slots=True)
class ServiceCount:
    """One service's share of a verified ledger; `damaged` says whether a finding touches it."""

    name: str
    decisions: int
    damaged: bool

    def as_json(self) -> dict[str, Any]:
        """Return the object `service` of an answer."""
        return {"name": self.name, "decisions": self.decisions, "damaged": self.damaged}


@dataclass(frozen=True, slots=True)
class EarlierRun:
    """The newest complete run that a shorter answer leans on: entries before `to` are its word."""

    run_id: str
    to: int
    at: datetime
    verdict: Verdict

    def as_json(self) -> dict[str, Any]:
        """Return the object `earlier_run` of an answer."""
        return {"run_id": self.run_id, "to": self.to, "at": write_time(self.at)}


@dataclass(frozen=True, slots=True)
class IntegrityResult:
    """A verdict on a whole ledger. `recomputed` is the half-open range this run walked itself.

    `reaches` is False when entries were left unwalked; `verification` alone never says more than it
    walked, `verdict` counts everything.
    """

    verification: Verification
    verdict: Verdict
    decisions: int
    size: int
    recomputed: tuple[int, int]
    at: datetime
    checkpoint_at: datetime | None = None
    reaches: bool = True
    why_unproven: str | None = None
    finding: FirstBad | None = None
    earlier_run: EarlierRun | None = None
    service: ServiceCount | None = None
    erased_parts: int = 0
    resume: Mapping[str, Any] | None = field(default=None, repr=False)

    @property
    def sealed_size(self) -> int:
        """How many entries the newest good checkpoint covers."""
        return self.verification.sealed_size

    @property
    def total(self) -> int:
        """Decisions, of the service where one was named."""
        return self.decisions if self.service is None else self.service.decisions

    @property
    def message(self) -> str:
        """One or two sentences for a person."""
        match self.verdict:
            case Verdict.BROKEN:
                return self._broken()
            case Verdict.UNPROVEN:
                return f"{self._reach()} Unproven: {self._unproven()}"
            case Verdict.INTACT:
                return self._reach()

    def _reach(self) -> str:
        if not self.decisions:
            return "No decisions to verify."
        begin, end = self.recomputed
        decisions = _counted(self.decisions, "decision")
        if self.earlier_run is not None:
            rest = _counted(end - begin, "entry", "entries")
            return (
                f"{rest} recomputed up to #{end - 1}; those before #{begin} by run "
                f"{self.earlier_run.run_id} of {write_time(self.earlier_run.at)}."
            )
        if not self.reaches:
            return f"{_counted(end - begin, 'entry', 'entries')} recomputed, of {self.size}."
        sealed = f"sealed up to #{self.sealed_size - 1}" if self.sealed_size else "not sealed yet"
        entries = _counted(end - begin, "entry", "entries")
        return f"{decisions} and {entries} recomputed up to #{end - 1}; {sealed}."

    def _broken(self) -> str:
        found = self.finding
        if found is None:
            return "Broken."
        place = "" if found.seq is None else f" at #{found.seq}"
        more = sum(1 for one in self.verification.findings if one.code[0] == "E") - 1
        others = f" {_counted(more, 'further finding')}." if more > 0 else ""
        return f"Broken{place} ({found.kind}, {found.code}): {found.detail}{others}"

    def _unproven(self) -> str:
        if self.why_unproven:
            return self.why_unproven
        first = next((f for f in self.verification.findings if f.code[0] == "U"), None)
        return "something needed is missing." if first is None else first.detail

    def as_json(self) -> dict[str, Any]:
        """Return the object `integrity` of an answer."""
        begin, end = self.recomputed
        return {
            "valid": self.verdict is not Verdict.BROKEN,
            "total": self.total,
            "broken_at": None if self.finding is None else self.finding.broken_at,
            "message": self.message,
            "verdict": self.verdict.value,
            "size": self.size,
            "head_seq": self.size - 1 if self.size else None,
            "sealed_size": self.sealed_size,
            "checkpoint_at": None if self.checkpoint_at is None else write_time(self.checkpoint_at),
            "recomputed": {"from": begin, "to": end},
            "earlier_run": None if self.earlier_run is None else self.earlier_run.as_json(),
            "finding": None if self.finding is None else self.finding.as_json(),
            "erased_parts": self.erased_parts,
            "service": None if self.service is None else self.service.as_json(),
        }


def first_bad_finding(verification: Verification) -> Finding | None:
    """Return the finding that decides the verdict and lies lowest; None if nothing is broken."""
    errors = [one for one in verification.findings if one.code[0] == "E"]
    placed = [one for one in errors if one.place is not None]
    if placed:
        return min(placed, key=lambda one: (one.place or 0, one.code != "E_SEQ"))
    return errors[0] if errors else None


def _counted(number: int, one: str, many: str | None = None) -> str:
    return f"{number:,} {one if number == 1 else many or one + 's'}"
