"""One verification of a stored ledger: everything is read again and recomputed, nothing is written.

The end is fixed first. The verdict comes from the package that an auditor installs; what only a
running ledger has (copies, read models, the notary's alarm) is added to it.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any
from uuid import UUID

from loopgrid_proof import verify
from loopgrid_proof.errors import Finding, Findings, Verdict, Verification, finding
from loopgrid_proof.notes import VerifierKey
from loopgrid_proof.verify import Circumstances, LedgerCheck, RangeResult, Sources, WalkState

from ledger.integrity import evidence, explaining, readmodels, surroundings, trust
from ledger.integrity.result import IntegrityResult
from ledger.integrity.rows import HIGHEST, LOWEST, Stretch, batches
from ledger.integrity.snapshot import Snapshot, snapshot
from ledger.integrity.trust import Memory
from ledger.queries import LedgerRef

_END = "SELECT seq FROM ledger_entry WHERE ledger_id = %s ORDER BY seq DESC LIMIT 1"
_SEALED = "SELECT size FROM ledger_checkpoint WHERE ledger_id = %s ORDER BY size DESC LIMIT 1"
_TIME_OF = "SELECT t FROM ledger_entry WHERE ledger_id = %s AND seq = %s"
_ALARM = "SELECT alarm, size FROM ledger_notary WHERE ledger_id = %s"
_DECISIONS = "SELECT count(*) FROM ledger_decision WHERE ledger_id = %s"
# Damage beside the entries themselves: the read models can still be held against the entries.
_BESIDE = frozenset(
    {"E_PART_ALTERED", "E_PART_MISSING", "E_TILE", "E_PROJECTION", "E_NO_CHECKPOINT", "E_NOTE"}
    | {"E_SIG", "E_ORIGIN", "E_KEY", "E_KEY_WINDOW"}
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
class View:
    """One ledger at one moment, with what vouches for it from outside the database.

    From entry `unsealed` on no checkpoint is stored.
    """

    moment: Snapshot
    ledger: LedgerRef
    memory: Memory
    trusted: tuple[VerifierKey, ...]
    unsealed: int

    @property
    def ident(self) -> UUID:
        """The ledger's id."""
        return self.ledger.ledger_id


@dataclass(frozen=True, slots=True)
class Span:
    """The stored entries one walk reads: numbers from `begin` up to, not including, `end`."""

    begin: int = LOWEST
    end: int = HIGHEST


@dataclass(frozen=True, slots=True)
class Walked:
    """What a walk left: its result, whether it reached its end, and what was seen beside it."""

    result: RangeResult
    whole: bool
    beside: tuple[Finding, ...]
    extra: tuple[Finding, ...]


def view_of(moment: Snapshot, ledger: LedgerRef, memory: Memory) -> View:
    """Return the view; `memory` must have been read before the snapshot was taken."""
    keys = trust.trusted_keys(trust.added_keys(moment, ledger.ledger_id), memory)
    rows = moment.ask(_SEALED, (ledger.ledger_id,))
    return View(moment, ledger, memory, keys, rows[0][0] if rows else 0)


def verify_integrity(ledger: LedgerRef, scope: Scope | None = None) -> IntegrityResult:
    """Recompute a ledger and return the verdict; never raises for what is stored.

    Without `scope` the whole ledger. Memory does not grow with it.
    """
    scope = scope or Scope()
    memory = trust.remember(ledger.origin)
    with snapshot() as moment:
        view = view_of(moment, ledger, memory)
        origin = surroundings.stored_origin(moment, view.ident) or ledger.origin
        state = WalkState(origin) if scope.start is None else WalkState.from_json(scope.start)
        begin = LOWEST if scope.start is None else state.size
        return judge(view, walk(view, state, Span(begin), scope), scope)


def judge(view: View, walked: Walked, scope: Scope) -> IntegrityResult:
    """Return the verdict on a walk that began at entry 0 or at a saved state."""
    moment, ident = view.moment, view.ident
    verification = _conclude(view, walked, scope)
    sealed, begin = verification.sealed_size, walked.result.start["size"]
    sealed_at = moment.ask(_TIME_OF, (ident, sealed - 1)) if sealed else []
    broken = verification.verdict is Verdict.BROKEN
    return IntegrityResult(
        verification=verification,
        verdict=_verdict(verification, whole=walked.whole),
        decisions=moment.ask(_DECISIONS, (ident,))[0][0],
        size=size_of(view),
        recomputed=(begin, max(begin, walked.result.state.size)),
        at=moment.at,
        checkpoint_at=sealed_at[0][0] if sealed_at else None,
        reaches=walked.whole,
        why_unproven=None if walked.whole else "the rest was not recomputed in this request.",
        finding=explaining.explain(moment, ident, verification),
        service=None
        if scope.service is None
        else explaining.count_service(moment, ident, verification, scope.service),
        resume=walked.result.state.as_json() if walked.whole and not broken else None,
    )


def size_of(view: View) -> int:
    """Return the number of the newest entry plus one."""
    rows = view.moment.ask(_END, (view.ident,))
    return rows[0][0] + 1 if rows else 0


def _verdict(verification: Verification, *, whole: bool) -> Verdict:
    if verification.verdict is Verdict.INTACT and not whole:
        return Verdict.UNPROVEN
    return verification.verdict


def walk(view: View, state: WalkState, span: Span, scope: Scope) -> Walked:
    """Feed a span of entries to a walk from `state`, as many as `scope.stop` lets through."""
    moment, ident, memory = view.moment, view.ident, view.memory
    stored = evidence.Checkpoints(moment, ident, memory, above=span.begin, upto=span.end)
    firsts, beside = readmodels.FirstEntries(moment, ident), Findings()
    check = LedgerCheck(
        state,
        Sources(
            trusted=view.trusted,
            checkpoints=stored,
            held=[] if memory.newest is None else [memory.newest],
            read_leaves=lambda seqs: evidence.read_leaves(moment, ident, seqs),
            read_tile=lambda level, n: evidence.read_tile(moment, ident, level, n),
            observe=firsts.observe,
        ),
    )
    stretch = Stretch(ident, max(span.begin - 1, LOWEST), span.end, view.unsealed)
    size, done, whole = size_of(view), state.size, True
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
    return Walked(check.finish(), whole, beside.kept, tuple(stored.findings))


def _conclude(view: View, walked: Walked, scope: Scope) -> Verification:
    result = walked.result
    if not walked.whole:
        _forget_the_rest(result)
    rows = view.moment.ask(_ALARM, (view.ident,))
    alarm, published = rows[0] if rows else (None, None)
    circumstances = Circumstances(
        as_of=view.moment.at if walked.whole else None,
        alarm=alarm,
        extra=(*walked.extra, *_around(view, walked, scope, published=published)),
    )
    first = verify.conclude(result, circumstances)
    disowned = frozenset(result.state.disowned)
    beside: Iterable[Finding] = walked.beside
    if any(one.code[0] == "E" and one.code not in _BESIDE for one in first.findings):
        # Read models are held against the entries; where those are damaged there is nothing to
        # hold them against, and what they show would only hide the entry at fault.
        beside = [one for one in walked.beside if one.code != "E_PROJECTION"]
    elif walked.whole:
        begin = 0 if scope.start is None else result.start["size"]
        folds = readmodels.check_folds(view.moment, view.ident, begin=begin, disowned=disowned)
        beside = itertools.chain(walked.beside, folds)
    return _joined(first, (one for one in beside if one.seq not in disowned))


def _around(
    view: View, walked: Walked, scope: Scope, *, published: int | None
) -> Iterator[Finding]:
    """Yield what is wrong with the rows around the entries."""
    moment, ident = view.moment, view.ident
    yield from surroundings.check_ledger_row(moment, ident, view.ledger.workspace_id)
    if not walked.whole:
        return
    yield from surroundings.check_strays(moment, ident, size=walked.result.state.size)
    if published and published > view.unsealed:
        detail = f"The notary published a checkpoint of size {published}; it is not stored."
        yield finding("E_NO_CHECKPOINT", detail, frm=view.unsealed, to=published)
    if scope.start is None:
        yield from surroundings.count_across(moment, ident)
        if not walked.result.counts["entries"]:
            # The ledger's own row was written together with entry 0.
            yield finding("E_EMPTY", "There are no entries, not even the first.", seq=0)


def _forget_the_rest(result: RangeResult) -> None:
    """Drop what was said about checkpoints beyond the last entry that was walked."""
    size, seals = result.state.size, result.seals
    seals.truncated = result.held_beyond = None
    seals.faults = [fault for fault in seals.faults if fault.size <= size]


def _joined(first: Verification, more: Iterable[Finding]) -> Verification:
    settled = Findings([*first.findings, *more])
    return Verification.of(
        settled,
        origin=first.origin,
        size=first.size,
        root=first.root,
        head_time=first.head_time,
        sealed_size=first.sealed_size,
        counts=first.counts,
        grades=first.grades,
    )
