"""One round of one ledger: compare, read, sign, remember, publish, in exactly this order.

The order is what makes a crash harmless. The intent is on disk before a signature exists, the note
is in our own log before anybody else can read it, and only the last step lets it leave: `recover`
does the same steps again and gets the same bytes (docs/format.md, "The notary").
"""

from __future__ import annotations

import logging
from dataclasses import dataclass, field
from datetime import timedelta

from django.conf import settings
from loopgrid_proof.errors import Fault
from loopgrid_proof.notes import Checkpoint, parse_checkpoint, parse_note

from ledger import upkeep
from ledger.errors import ClockDisagrees, Conflict, Unavailable
from ledger.notary import keys, memory, publishing, signing, suffix
from ledger.notary.errors import Refused
from ledger.notary.memory import Memory, State
from ledger.notary.suffix import Admission, Clock, Suffix, Tip
from ledger.queries import LedgerRef

log = logging.getLogger(__name__)
MOST_ENTRIES = 4096


@dataclass(slots=True)
class Book:
    """One ledger as the notary keeps it.

    `state` is what stands in the file, None until `recover` has looked at it. `size` is what is
    known to be signed, `alarm` why the ledger is not signed on, `due` when it is looked at again.
    `announced`: the ledger knows a key of ours; `tiled`: its full tiles are written.
    """

    ledger: LedgerRef
    memory: Memory
    host: str
    state: State | None = None
    size: int = 0
    announced: bool = False
    tiled: bool = False
    alarm: Refused | None = None
    due: float = 0.0
    reported: tuple[int, str] | None = None
    reported_at: float = field(default=float("-inf"))


def seal(book: Book, tip: Tip, *, clock: Clock, admission: Admission) -> bool:
    """Run the round; return whether more entries wait. Raises Refused, and then nothing left."""
    state = settled(book)
    compare(book, tip)
    size = keep_alive(book, tip, clock=clock)
    if size == state.head.size:
        return False
    end = end_of_round(state, size)
    found = read(book, end=end, clock=clock, admission=admission)
    intend(book, found)
    note = sign(book, found)
    log_note(book, note, found)
    promote(book, found)
    publish(book, note)
    return end < size


def settled(book: Book) -> State:
    """Return the state of a book that was recovered."""
    assert book.state is not None
    return book.state


def end_of_round(state: State, size: int) -> int:
    """Return up to where this round reads: not far, unless no key can sign before the end."""
    return min(size, state.head.size + MOST_ENTRIES) if state.keys else size


def compare(book: Book, tip: Tip) -> None:
    """Step 1: the database must still hold everything that was signed, with the same last entry."""
    head = settled(book).head
    if tip.size < head.size:
        raise Refused(
            "N_ROLLBACK", f"The database has {tip.size} entries; {head.size} of them were signed."
        )
    if tip.size == head.size and tip.last_hash != head.last_hash:
        raise Refused("N_TAIL_CHANGED", f"Entry #{head.size - 1} is not the one that was signed.")
    if tip.size > head.size:
        suffix.check_last(book.ledger, head)


def keep_alive(book: Book, tip: Tip, *, clock: Clock) -> int:
    """Step 2: see that a key is announced and that silence is not mistaken for an end.

    Returns the size of the ledger after it. A closed ledger is left as it is.
    """
    if not tip.is_open:
        return tip.size
    try:
        missing = None if book.announced else _unannounced_key(book)
        book.announced = missing is None
        if missing is not None:
            return upkeep.add_key(book.ledger, vkey=missing, clock=clock).header.seq + 1
        if tip.last_at is not None and clock() - tip.last_at >= _heartbeat(book):
            return upkeep.record_heartbeat(book.ledger, clock=clock).header.seq + 1
    except ClockDisagrees as fault:
        raise Refused("N_CLOCK", "The database clock and the notary's disagree.") from fault
    except (Conflict, Unavailable) as fault:
        log.warning("%s: no entry of the notary's own this time: %s", book.ledger.origin, fault)
    return tip.size


def _heartbeat(book: Book) -> timedelta:
    return timedelta(seconds=settled(book).heartbeat_seconds or settings.HEARTBEAT_SECONDS)


def _unannounced_key(book: Book) -> str | None:
    """Return the verifier key that the ledger has to be told of, None if it knows one of ours.

    The key is on disk before it is announced, so that a crash between the two announces the same
    one.
    """
    state, box = settled(book), book.memory
    found = keys.read_keys(box.key_path, origin=book.ledger.origin, disk=box.disk)
    ours = {key.vkey for key in found}
    if ours & {use.vkey for use in state.keys}:
        return None
    if state.keys:
        raise Refused("N_STATE", "The key that signed this ledger is gone.")
    if not found:
        found = [keys.make_key(book.ledger.origin)]
        box.prepare()
        keys.write_keys(box.key_path, found, disk=box.disk)
    elif ours & suffix.unsigned_keys(book.ledger, begin=state.head.size):
        return None
    return found[0].vkey


def read(book: Book, *, end: int, clock: Clock, admission: Admission) -> Suffix:
    """Steps 3 and 4: check what is new, extend a copy of the tree, flush the database."""
    found = suffix.read_suffix(
        book.ledger, settled(book), end=end, admission=admission, clock=clock
    )
    suffix.flush()
    return found


def intend(book: Book, found: Suffix) -> None:
    """Step 5: put on disk what is about to be signed."""
    book.memory.prepare()
    intended = settled(book).intending(found.head)
    book.memory.write_state(intended)
    book.state = intended


def sign(book: Book, found: Suffix) -> bytes:
    """Step 6: sign from the numbers in memory, with every active key."""
    box = book.memory
    known = keys.read_keys(box.key_path, origin=book.ledger.origin, disk=box.disk)
    signers = signing.active_signers(known, found.keys, size=found.head.size)
    return signing.sign_checkpoint(book.ledger.origin, found.head, signers)


def log_note(book: Book, note: bytes, found: Suffix) -> None:
    """Step 7: the note and the erasures it covers are in our own files before anybody sees it."""
    book.memory.log_note(note)
    book.memory.log_erasures(found.tombstones)


def promote(book: Book, found: Suffix) -> None:
    """Step 8: the intent is the head."""
    promoted = settled(book).promoted(keys=found.keys, heartbeat_seconds=found.heartbeat_seconds)
    book.memory.write_state(promoted)
    book.state = promoted


def publish(book: Book, note: bytes) -> None:
    """Step 9: let the note leave."""
    publishing.publish_checkpoint(book.ledger.ledger_id, settled(book).head.size, note)


def recover(book: Book, tip: Tip) -> None:
    """Bring the book to where a round may begin, after a start or a fault.

    Finishes what an earlier round left; raises Refused for what no honest crash leaves behind.
    """
    book.state, book.announced, book.tiled = None, False, False
    book.memory.cut_torn_records()
    state = _trusted_state(book, tip)
    _check_sizes(book, state, tip)
    book.state = state
    if state.intent is not None:
        found = suffix.reread_suffix(book.ledger, state)
        note = sign(book, found)
        log_note(book, note, found)
        promote(book, found)
        publish(book, note)
    elif state.head.size:
        suffix.check_last(book.ledger, state.head)
        publish(book, _logged_note(book, state))


def _trusted_state(book: Book, tip: Tip) -> State:
    state = book.memory.read_state()
    if state is None:
        if publishing.newest_size(tip.ledger.ledger_id) or book.memory.newest_note() is not None:
            raise Refused("N_STATE", "The ledger was signed before, and its state is gone.")
        return memory.empty_state(tip.ledger, host=book.host)
    if state.host != book.host:
        raise Refused("N_STATE", "The state was written on another host.")
    return state


def _check_sizes(book: Book, state: State, tip: Tip) -> None:
    signed = max(state.head.size, state.intent.size if state.intent else 0)
    if tip.size < signed or tip.ledger.ledger_id != state.ledger:
        raise Refused(
            "N_ROLLBACK",
            f"The database has {tip.size} entries of this ledger; {signed} were signed.",
        )
    logged = _checkpoint(book.memory.newest_note())
    known = publishing.newest_size(tip.ledger.ledger_id)
    if max(known, logged.size if logged else 0) > signed:
        raise Refused("N_STATE", f"There is a checkpoint beyond size {signed}: the state is old.")


def _logged_note(book: Book, state: State) -> bytes:
    note = book.memory.newest_note()
    found = _checkpoint(note)
    if (
        note is None
        or found is None
        or (found.size, found.root)
        != (
            state.head.size,
            state.head.root,
        )
    ):
        raise Refused("N_STATE", "The log of checkpoints does not end with the newest one.")
    return note


def _checkpoint(note: bytes | None) -> Checkpoint | None:
    if note is None:
        return None
    try:
        return parse_checkpoint(parse_note(note))
    except Fault as fault:
        raise Refused("N_STATE", "The log of checkpoints cannot be read.") from fault
