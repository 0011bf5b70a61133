"""What a reviewer sees of a decision, and which of its verdicts they may supersede."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from accounts import queries as people
from accounts import roles
from accounts.actors import Actor
from ledger import queries
from ledger.queries import HistoryEntry, LedgerRef, PartContent
from ledger.states import Act, DecisionState, Standing

SHOWN_APART = frozenset({"input", "output"})
HIDDEN = frozenset({"actor"})


@dataclass(frozen=True, slots=True)
class Desk:
    """A decision with everything recorded about it, as one person sees it at one moment.

    `seen` is the newest entry on the page; an act sends it back, so that a newer one is noticed.
    """

    decision: DecisionState
    history: tuple[HistoryEntry, ...]
    standing: Standing
    sealed_size: int
    supersedable: tuple[Act, ...]
    previous_hash: bytes
    key_names: Mapping[str, str]

    @property
    def seen(self) -> int:
        """The newest entry that changed the decision."""
        return self.decision.newest_seq

    @property
    def parts(self) -> Mapping[str, PartContent]:
        """What was recorded, by the name of the part."""
        return self.history[0].parts

    @property
    def more_parts(self) -> list[PartContent]:
        """The parts of the record besides input and output."""
        return [p for p in self.parts.values() if p.name not in SHOWN_APART | HIDDEN]

    @property
    def is_sealed(self) -> bool:
        """Whether a signed checkpoint covers the decision's own entry."""
        return self.decision.seq < self.sealed_size

    @property
    def flag(self) -> HistoryEntry | None:
        """The entry with the reason of the flag that stands, or the flag itself.

        With a correction, only a flag that came after it: it may mean the correction.
        """
        state = self.decision
        if state.status == "incorrect":
            return self.event(state.reason_seq or state.flag_seq)
        return self.event(state.verdict_seq) if state.verdict == "incorrect" else None

    @property
    def correction(self) -> HistoryEntry | None:
        """The entry of the correction that stands."""
        return self.event(self.decision.correction_seq)

    @property
    def erased(self) -> PartContent | None:
        """A part of the record whose content was erased, if there is one."""
        return next((part for part in self.parts.values() if part.state == "erased"), None)

    @property
    def supersedable_seqs(self) -> frozenset[int]:
        """The entries of the acts that the person may supersede."""
        return frozenset(act.seq for act in self.supersedable)

    @property
    def is_correction_final(self) -> bool:
        """Whether a correction stands that the person may not supersede."""
        standing = self.decision.correction_seq
        return standing is not None and standing not in self.supersedable_seqs

    def event(self, seq: int | None) -> HistoryEntry | None:
        """Return the entry `seq` of this decision, or None."""
        return next((each for each in self.history if each.header.seq == seq), None)

    def since(self, seen: int) -> list[HistoryEntry]:
        """Return what was recorded after entry `seen`."""
        return [each for each in self.history if each.header.seq > seen]


def desk_of(ledger: LedgerRef, seq: int, *, actor: Actor) -> Desk:
    """Return the decision recorded as entry `seq`. Raises NotFound."""
    decision = queries.decision_at(ledger, seq)
    sealed_size = queries.sealed_size(ledger)
    history = queries.history_of(ledger, decision.decision_id, sealed_size=sealed_size)
    acts = sorted(
        (*history.standing.verdicts, *history.standing.corrections), key=lambda act: -act.seq
    )
    return Desk(
        decision=decision,
        history=history.entries,
        standing=history.standing,
        sealed_size=sealed_size,
        supersedable=tuple(act for act in acts if may_supersede(actor, act)),
        previous_hash=history.entries[0].header.prev,
        key_names=_key_names(ledger, history.entries),
    )


def _key_names(ledger: LedgerRef, entries: Iterable[HistoryEntry]) -> dict[str, str]:
    """Return the names of the keys that acted, as they are called today."""
    actors = [entry.header.actor for entry in entries]
    keys = {actor["id"] for actor in actors if actor["ty"] == "service"}
    return people.names_of_keys(ledger.workspace_id, keys)


def may_supersede(actor: Actor, act: Act) -> bool:
    """Say whether a person may replace this verdict: their own as reviewer, any as officer."""
    return roles.may(actor.roles, "supersede_own" if act.by == actor.id else "supersede_any")
