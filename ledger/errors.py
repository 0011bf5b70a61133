"""What can go wrong in the ledger, as one tree.

    LedgerError
    ├── NotFound                 no such decision, entry, correction or ledger here
    ├── Unavailable              nothing was acknowledged and a retry is safe (503)
    │   └── ClockDisagrees       database clock and process clock are too far apart
    ├── Conflict                 the state of the record does not allow the act (409)
    │   ├── AlreadySuperseded
    │   └── NotSealed
    ├── StaleReview              the decision moved on (412); carries `newest`
    ├── NotAllowed               the actor may not do this (403)
    ├── KeyInProgress            the first request under this key has not ended (409)
    ├── KeyReused                this key stood for another request (422)
    ├── InvalidQuery             a search token is not understood (422); carries `position`
    ├── ProofFailed              a proof did not check out and was not sent (500)
    └── InvalidContent           what was sent cannot be recorded (422); carries `faults`

Messages name places and rules, never content.
"""

from __future__ import annotations

from dataclasses import dataclass


class LedgerError(Exception):
    """Base of every error of this room."""


class NotFound(LedgerError):
    """No such record in this workspace; also the answer for another workspace's id."""


class Unavailable(LedgerError):
    """The ledger cannot take an entry right now; nothing was acknowledged.

    Safe to retry with the same idempotency key: it finds the entry or makes it.
    """


class ClockDisagrees(Unavailable):
    """The database clock is too far from the process clock, or behind the last entry."""


class Conflict(LedgerError):
    """The state of the record does not allow this act."""


class AlreadySuperseded(Conflict):
    """The entry named as target was superseded before."""


class NotSealed(Conflict):
    """The entry is recorded but no checkpoint covers it yet."""


class StaleReview(LedgerError):
    """The decision moved on after the reviewer opened it.

    `newest` is the newest entry that changed the decision, the one they have not seen.
    """

    def __init__(self, newest: int) -> None:
        super().__init__(f"The decision has a newer entry, #{newest}.")
        self.newest = newest


class NotAllowed(LedgerError):
    """The actor may not do this; `role_missing` to programs."""


class KeyInProgress(LedgerError):
    """The first request under this idempotency key has not ended yet."""


class KeyReused(LedgerError):
    """This idempotency key stood for another request; nothing was written."""


class InvalidQuery(LedgerError):
    """A search token is not understood. `position` counts characters from 0."""

    def __init__(self, message: str, *, position: int, token: str) -> None:
        super().__init__(message)
        self.position = position
        self.token = token


class ProofFailed(LedgerError):
    """A proof did not lead to the signed checkpoint, so it was not sent."""


@dataclass(frozen=True, slots=True)
class ContentFault:
    """One thing wrong with what was sent: where (RFC 6901 pointer), which rule, one sentence."""

    pointer: str
    code: str
    detail: str


class InvalidContent(LedgerError):
    """What was sent cannot be recorded; `faults` is never empty and the first one leads."""

    def __init__(self, *faults: ContentFault) -> None:
        super().__init__(faults[0].detail)
        self.faults = faults

    @property
    def code(self) -> str:
        """The problem code of the first fault."""
        return self.faults[0].code


def invalid(pointer: str, code: str, detail: str) -> InvalidContent:
    """Return the error for a single fault."""
    return InvalidContent(ContentFault(pointer, code, detail))
