"""One verification of a stored ledger: everything is read again and recomputed, nothing is written.

The end is fixed first. The verdict comes from the package that an auditor installs; what only a
running ledger has (copies, read models, the notary's alarm) is added to it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

from loopgrid_proof import verify
from loopgrid_proof.errors import Finding, Findings, Verdict, Verification, finding
from loopgrid_proof.verify import Circumstances, LedgerCheck, RangeResult, Sources, WalkState

from ledger.integrity import evidence, explaining, readmodels, surroundings, trust
from ledger.integrity.result import IntegrityResult
from ledger.integrity.rows import LOWEST, Stretch, batches
from ledger.integrity.snapshot import Snapshot, snapshot
from ledger.queries import LedgerRef

_END = "SELECT seq FROM ledger_entry WHERE ledger_id = %s ORDER BY seq DESC LIMIT 1"
_SEALED = "SELECT size FROM ledger_checkpoint WHERE ledger_id = %s ORDER BY size DESC LIMIT 1"
_TIME_OF = "SELECT t FROM ledger_entry WHERE ledger_id = %s AND seq = %s"
_ALARM = "SELECT alarm, size FROM ledger_notary WHERE ledger_id = %s"
_DECISIONS = "SELECT count(*) FROM ledger_decision WHERE ledger_id = %s"
# Damage beside the entries themselves: the read models can still be held against the entries.
_BESIDE = frozenset(
    {"E_PART_ALTERED", "E_PART_MISSING", "E_TILE", "E_PROJECTION", "E_NO_CHECKPOINT"}
)

Progress = Callable[[int, int], None]
Stop = Callable[[], bool]


def _keep_going() -> bool:
    return False


def _say_nothing(_done: int, _total: int) -> None:
    return


@dataclass(frozen=True, slots=True)
class Scope:
    """How much of a ledger one verification walks.

    `start` is the saved state of an earlier run, None for entry 0. `stop` is asked between batches;
    what is not walked by then is left out, and the verdict says so. `progress(done, total)`
    is told after each batch and may raise to end the run. `service` only counts.
    """

    start: Mapping[str, Any] | None = None
    stop: Stop = _keep_going
    progress: Progress = _say_nothing
    service: str | None = None


@dataclass(frozen=True, slots=True)
class _Walked:
    """What the walk left: its result, whether it reached the end, and what was seen beside it."""

    result: RangeResult
    whole: bool
    beside: tuple[Finding, ...]
    notes: evidence.Checkpoints


def verify_integrity(ledger: LedgerRef, scope: Scope | None = None) -> IntegrityResult:
    """Recompute a ledger and return the verdict; never raises for what is stored.

    Without `scope` the whole ledger. Memory does not grow with it.
    """
    scope = scope or Scope()
    with snapshot() as moment:
        return _verify(moment, ledger, scope)


def _verify(moment: Snapshot, ledger: LedgerRef, scope: Scope) -> IntegrityResult:
    origin = surroundings.stored_origin(moment, ledger.ledger_id) or ledger.origin
    state = WalkState(origin) if scope.start is None else WalkState.from_json(scope.start)
    begin, size = state.size, _size(moment, ledger)
    walked = _walk(moment, ledger, state, scope, size)
    verification = _conclude(moment, ledger, walked, scope)
    finding_ = explaining.explain(moment, ledger.ledger_id, verification)
    sealed = verification.sealed_size
    sealed_at = moment.ask(_TIME_OF, (ledger.ledger_id, sealed - 1)) if sealed else []
    return IntegrityResult(
        verification=verification,
        verdict=_verdict(verification, whole=walked.whole),
        decisions=moment.ask(_DECISIONS, (ledger.ledger_id,))[0][0],
        size=size,
        recomputed=(
            begin,
            max(begin, verification.size if walked.whole else walked.result.state.size),
        ),
        at=moment.at,
        checkpoint_at=sealed_at[0][0] if sealed_at else None,
        reaches=walked.whole,
        why_unproven=None if walked.whole else "the rest was not recomputed in this request.",
        finding=finding_,
        service=None
        if scope.service is None
        else explaining.count_service(moment, ledger.ledger_id, verification, scope.service),
        resume=walked.result.state.as_json()
        if walked.whole and verification.verdict is not Verdict.BROKEN
        else None,
    )


def _size(moment: Snapshot, ledger: LedgerRef) -> int:
    rows = moment.ask(_END, (ledger.ledger_id,))
    return rows[0][0] + 1 if rows else 0


def _verdict(verification: Verification, *, whole: bool) -> Verdict:
    if verification.verdict is Verdict.INTACT and not whole:
        return Verdict.UNPROVEN
    return verification.verdict


def _walk(
    moment: Snapshot, ledger: LedgerRef, state: WalkState, scope: Scope, size: int
) -> _Walked:
    """Feed the entries from `state` on to the walk, as many as `scope.stop` lets through."""
    ident, begin = ledger.ledger_id, state.size
    added = trust.added_keys(moment, ident)
    memory = trust.remember(state.origin)
    above = LOWEST if begin == 0 else begin
    stored_notes = evidence.Checkpoints(moment, ident, memory, above=above)
    rows = moment.ask(_SEALED, (ident,))
    firsts = readmodels.FirstEntries(moment, ident)
    check = LedgerCheck(
        state,
        Sources(
            trusted=trust.trusted_keys(added, memory),
            checkpoints=stored_notes,
            held=[] if memory.newest is None else [memory.newest],
            read_leaves=lambda seqs: evidence.read_leaves(moment, ident, seqs),
            read_tile=lambda level, n: evidence.read_tile(moment, ident, level, n),
            observe=firsts.observe,
        ),
    )
    beside = Findings()
    stretch = Stretch(
        ident,
        after=LOWEST if begin == 0 else begin - 1,
        unsealed=rows[0][0] if rows else 0,
    )
    whole, done = True, begin
    for batch in batches(moment, stretch, report=beside.add):
        check.feed(batch.rows)
        firsts.settle(batch)
        done += len(batch.rows)
        scope.progress(done, max(size, done))
        if done < size and scope.stop():
            whole = False
            break
    for one in firsts.findings.kept:
        beside.add(one)
    return _Walked(check.finish(), whole, beside.kept, stored_notes)


def _conclude(moment: Snapshot, ledger: LedgerRef, walked: _Walked, scope: Scope) -> Verification:
    ident, result = ledger.ledger_id, walked.result
    if not walked.whole:
        _forget_the_rest(result)
    alarm = moment.ask(_ALARM, (ident,))
    extra = [*surroundings.check_ledger_row(moment, ident, ledger.workspace_id)]
    extra += walked.notes.findings
    if walked.whole:
        extra += surroundings.check_strays(moment, ident, size=result.state.size)
        extra += _check_notary(alarm[0][1] if alarm else None, moment, ledger)
        extra += surroundings.count_across(moment, ident) if scope.start is None else ()
        extra += _check_presence(result, scope)
    circumstances = Circumstances(
        as_of=moment.at if walked.whole else None,
        alarm=alarm[0][0] if alarm else None,
        extra=tuple(extra),
    )
    first = verify.conclude(result, circumstances)
    disowned = frozenset(result.state.disowned)
    if any(one.code[0] == "E" and one.code not in _BESIDE for one in first.findings):
        # Read models are held against the entries; where those are damaged there is nothing to
        # hold them against, and what they show would only hide the entry at fault.
        beside: Iterable[Finding] = [one for one in walked.beside if one.code != "E_PROJECTION"]
    else:
        begin = 0 if scope.start is None else result.start["size"]
        folds = readmodels.check_folds(moment, ident, begin=begin, disowned=disowned)
        beside = itertools.chain(walked.beside, folds if walked.whole else ())
    return _joined(first, (one for one in beside if one.seq not in disowned))


def _forget_the_rest(result: RangeResult) -> None:
    """Drop what was said about checkpoints beyond the last entry that was walked."""
    size, seals = result.state.size, result.seals
    seals.truncated = result.held_beyond = None
    seals.faults = [fault for fault in seals.faults if fault.size <= size]


def _check_notary(published: int | None, moment: Snapshot, ledger: LedgerRef) -> Iterator[Finding]:
    """Yield a finding if the notary says it published a checkpoint that is not stored."""
    rows = moment.ask(_SEALED, (ledger.ledger_id,))
    newest = rows[0][0] if rows else 0
    if published is not None and published > newest:
        detail = f"The notary published a checkpoint of size {published}; it is not stored."
        yield finding("E_NO_CHECKPOINT", detail, frm=newest, to=published)


def _check_presence(result: RangeResult, scope: Scope) -> Iterator[Finding]:
    """Yield a finding for a ledger without its entry 0, with which its own row was written."""
    if scope.start is None and not result.counts["entries"]:
        yield finding("E_EMPTY", "There are no entries, not even the first.", seq=0)


def _joined(first: Verification, more: Iterable[Finding]) -> Verification:
    settled = Findings([*first.findings, *more])
    return replace(
        Verification.of(
            settled,
            origin=first.origin,
            size=first.size,
            root=first.root,
            head_time=first.head_time,
            sealed_size=first.sealed_size,
            counts=first.counts,
            grades=first.grades,
        )
    )
