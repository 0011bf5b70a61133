"""From what the ranges found to one verdict with the first bad entry."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime, timedelta

from loopgrid_proof.errors import Finding, Findings, UsageError, Verification, finding
from loopgrid_proof.verify.contents import instant
from loopgrid_proof.verify.walk import RangeResult

# A notary that is silent for three heartbeats is silent.
_SILENT_HEARTBEATS = 3
_CHAIN_CODES = frozenset(
    {"E_PARSE", "E_CANON", "E_PROFILE", "E_WRITER", "E_SEQ", "E_PREV", "E_TIME", "E_LEDGER"}
    | {"E_RECEIPT"}
)


@dataclass(frozen=True)
class Circumstances:
    """What the person or process that checks knows beside the entries.

    `as_of` is now, for an open ledger, and None for a closed one or when nobody asks. `alarm` is
    an open alarm of the notary. `offline`: what is not sealed does not count, as in a file that
    somebody was handed.
    """

    as_of: datetime | None = None
    alarm: str | None = None
    offline: bool = False
    extra: tuple[Finding, ...] = ()


def meets(left: RangeResult, start_of_right: object) -> bool:
    """Say whether the state `left` really ended in is the one the right worker started from."""
    return left.whole and left.state.core() == start_of_right


def join(left: RangeResult, right: RangeResult) -> RangeResult:
    """Return the result of both ranges, the same as one walk over them.

    Raises UsageError unless `meets(left, right.start)`: then walk the right range again, from
    `left.state`.
    """
    if not meets(left, right.start):
        raise UsageError("The ranges do not meet; walk the right one again from the left's state.")
    sealed = left.state.sealed
    left.seals.absorb(right.seals, sealed=sealed)
    state = right.state
    if state.sealed is None:
        state.sealed, state.unsealed_t = sealed, left.state.unsealed_t or right.first_t
    for one in right.findings.kept:
        left.findings.add(one)
    return RangeResult(
        start=left.start,
        state=state,
        findings=left.findings,
        seals=left.seals,
        mismatches=left.mismatches + right.mismatches,
        counts=left.counts + right.counts,
        forks=left.forks + [(sealed if a is None else a, b) for a, b in right.forks],
        held_beyond=right.held_beyond,
        newest_receipt=right.newest_receipt,
        first_t=left.first_t or right.first_t,
        whole=right.whole,
    )


def conclude(result: RangeResult, circumstances: Circumstances | None = None) -> Verification:
    """Return the verdict on a walk from entry 0, or on one that went on from an intact state."""
    circumstances = circumstances or Circumstances()
    disowned = set(result.state.disowned)
    settled = Findings()
    for one in [*result.findings.kept, *circumstances.extra]:
        if not (one.code == "E_REF" and one.seq in disowned):
            settled.add(one)
    for one in [*_tree_findings(result), *_seal_findings(result), *_live(result, circumstances)]:
        settled.add(one)
    if circumstances.offline:
        for one in _offline(result):
            settled.add(one)
    for seq in sorted(disowned):
        settled.add(finding("W_DISOWNED", "The operator disowned this entry.", seq=seq))
    state = result.state
    counts = {"entries": 0, **result.counts, "checkpoints": result.seals.checked}
    return Verification.of(
        settled,
        origin=state.origin,
        size=state.size,
        root=state.tree.root(),
        head_time=None if state.last is None else state.last.t,
        sealed_size=state.sealed or 0,
        counts=counts,
        grades=_grades(result),
    )


def _grades(result: RangeResult) -> dict[str, int]:
    sealed = result.state.sealed or 0
    return {"self": sealed} if sealed else {}


def _tree_findings(result: RangeResult) -> Iterator[Finding]:
    """Narrow a wrong root down: links, old leaf hashes in tiles and receipts can name the entry."""
    broken = result.seals.broken
    if broken is not None:
        begin, size = broken[0] or 0, broken[1]
        detail = f"The root at size {size} is not the one that was signed."
        suspect = _suspect(result, begin, size)
        yield finding("E_ROOT_RANGE", detail, frm=begin, to=size, suspect=suspect)
    for one in result.mismatches:
        # Behind a wrong root the tile is the older witness, and the leaves are what changed.
        if broken is None or one.leaf < (broken[0] or 0):
            detail = f"Tile {one.level}/{one.index} differs from the entries."
            yield finding("E_TILE", detail, seq=one.leaf)
    for after, size in result.forks:
        detail = f"A checkpoint held outside has another root at size {size}."
        suspect = _suspect(result, after or 0, size)
        yield finding("E_FORK_VS_HELD", detail, frm=after or 0, to=size, suspect=suspect)


def _suspect(result: RangeResult, begin: int, end: int) -> int | None:
    """Return the lowest entry in [begin, end) that anything points at; None if nothing does."""
    places = [f.place for f in result.findings.kept if f.code in _CHAIN_CODES]
    places += [m.leaf for m in result.mismatches if m.level == 0]
    return min((p for p in places if p is not None and begin <= p < end), default=None)


def _seal_findings(result: RangeResult) -> Iterator[Finding]:
    size, seals = result.state.size, result.seals
    if not seals.pinned and seals.checked:
        yield finding("U_NO_TRUSTED_KEY", "No verifier key was given.")
    faults = seals.settle(result.state.keys) if seals.pinned else seals.faults
    for fault in faults:
        yield finding(fault.code, fault.detail, frm=fault.after or 0, to=fault.size)
    if seals.truncated is not None:
        detail = f"A checkpoint covers {seals.truncated} entries."
        yield finding("E_TRUNCATED", detail, seq=size)
    if result.held_beyond is not None:
        detail = f"A checkpoint held outside covers {result.held_beyond} entries."
        yield finding("E_TRUNCATED_VS_HELD", detail, seq=size)
    head_time = "" if result.state.last is None else result.state.last.t
    for seq, t in result.newest_receipt:
        if t < head_time:
            yield finding("E_RECEIPT", "A receipt shows an entry that is not there.", seq=seq)


def _live(result: RangeResult, circumstances: Circumstances) -> Iterator[Finding]:
    state = result.state
    if circumstances.alarm:
        yield finding("U_ALARM", f"The notary has an open alarm: {circumstances.alarm}.")
    if circumstances.as_of is None or state.last is None:
        return
    silent = timedelta(seconds=_SILENT_HEARTBEATS * state.hb)
    oldest = circumstances.as_of - silent
    if not circumstances.offline and _is_before(state.unsealed_t, oldest):
        detail = "Entries wait for a checkpoint for more than three heartbeats."
        yield finding("U_UNSEALED", detail, seq=state.sealed or 0)
    if _is_before(state.last.t, oldest):
        yield finding("U_STALE", "The newest entry is more than three heartbeats old.")


def _is_before(t: str | None, moment: datetime) -> bool:
    return bool(t) and instant(t or "") < moment


def _offline(result: RangeResult) -> Iterator[Finding]:
    state, seals = result.state, result.seals
    if not result.counts["entries"]:
        yield finding("E_EMPTY", "There are no entries.", seq=0)
    elif not seals.checked:
        yield finding("E_NO_CHECKPOINT", "There is no checkpoint.", seq=0)
    elif (state.sealed or 0) < state.size and seals.broken is None and result.whole:
        detail = "Entries stand behind the last good checkpoint."
        yield finding("E_UNSIGNED_TAIL", detail, seq=state.sealed or 0)
    if not seals.pinned and not seals.checked:
        yield finding("U_NO_TRUSTED_KEY", "No verifier key was given.")
