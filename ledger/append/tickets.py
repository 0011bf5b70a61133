"""A recording request on its way through an act: what it brings, and what has become of it."""

from __future__ import annotations

import threading
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field

from ledger.append.locking import Clock
from ledger.append.placing import Appended, Draft
from ledger.errors import KeyReused
from ledger.idempotency import Claim, Done, Earlier, Place
from ledger.queries.ledgers import LedgerRef


@dataclass(frozen=True, slots=True)
class Outcome:
    """What became of one item: appended now, or `earlier` under its key, or `refused`."""

    appended: Appended | None = None
    earlier: Earlier | None = None
    refused: Exception | None = None


@dataclass(slots=True)
class Prepared:
    """One request, with everything done that needs no lock.

    `claim` is the key of the whole request, `item_claims` those of its items (None where an item
    has none). With `whole`, a refused item refuses the request. `ids` name what each item makes,
    `render` writes the text kept under the request's key.
    """

    ledger: LedgerRef
    drafts: Sequence[Draft]
    claim: Claim | None = None
    item_claims: Sequence[Claim | None] = ()
    whole: bool = False
    render: Callable[[Sequence[Outcome]], str] | None = None

    @property
    def claims(self) -> list[Claim]:
        """Every key this request takes."""
        return [claim for claim in (self.claim, *self.item_claims) if claim]

    @property
    def alone(self) -> bool:
        """Whether this request keeps an act to itself: one with item keys may have to roll back."""
        return any(self.item_claims) or self.whole


@dataclass(slots=True, eq=False)
class Ticket:
    """One request on its way through an act: who waits for it, and what has become of it."""

    prepared: Prepared
    clock: Clock
    done: threading.Event = field(default_factory=threading.Event)
    leads: bool = False
    outcomes: list[Outcome] = field(default_factory=list)
    replay: Earlier | None = None
    error: BaseException | None = None

    def start_over(self) -> None:
        """Forget what an act that was rolled back had found."""
        self.outcomes, self.replay, self.error = [], None, None

    def answered_by(self, before: Mapping[Place, Earlier | KeyReused]) -> bool:
        """Take in what this request's keys stood for; True when that answers the request.

        Raises KeyReused when one refused item refuses the whole request.
        """
        claim = self.prepared.claim
        found = before.get(claim.place) if claim else None
        if isinstance(found, KeyReused):
            self.error = found
        elif found is not None:
            self.replay = found
        if found is not None:
            return True
        self.outcomes = [Outcome()] * len(self.prepared.drafts)
        for index, item in enumerate(self.prepared.item_claims):
            earlier = before.get(item.place) if item else None
            if isinstance(earlier, KeyReused):
                self.outcomes[index] = Outcome(refused=earlier)
                if self.prepared.whole:
                    raise earlier
            elif earlier is not None:
                self.outcomes[index] = Outcome(earlier=earlier)
        return False

    def done_claims(self) -> list[Done]:
        """Return what this request's keys stand for from now on."""
        prepared = self.prepared
        if self.error:
            return []
        made = [outcome.appended.header if outcome.appended else None for outcome in self.outcomes]
        done = [
            Done(claim, header.seq, header.rec)
            for claim, header in zip(prepared.item_claims, made, strict=False)
            if claim and header
        ]
        if prepared.claim:
            first = next(filter(None, made), None)
            text = prepared.render(self.outcomes) if prepared.render else None
            result = text or (first.rec if first else None)
            done.append(Done(prepared.claim, first.seq if first else None, result))
        return done
