"""What only a person on the notary's own console may do; a running notary steps aside for it.

Each ceremony first finds the ledger in exactly the state it is for, and leaves an entry behind.
None of them signs a tree that contradicts an earlier signature.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from loopgrid_proof.errors import Fault
from loopgrid_proof.notes import Checkpoint, check_checkpoint, parse_vkey

from ledger import serving, upkeep
from ledger.notary import keys, memory, publishing, rounds, suffix
from ledger.notary.errors import CeremonyRefused, Refused
from ledger.notary.keys import FileKey
from ledger.notary.loop import Notary
from ledger.notary.memory import State
from ledger.notary.rounds import Book
from ledger.notary.suffix import Tip

SUMMARIES: Mapping[str, str] = {
    "adopt": "the notary's folder was moved to this host",
    "rebuild": "the state was lost: recompute it from entry 0",
    "disown": "answer for entries without admission, and sign over them",
    "rotate-key": "announce a second key, which signs beside the first",
    "retire-key": "let a key sign no longer, and destroy its secret",
}


@dataclass(frozen=True, slots=True)
class _Scene:
    """What a ceremony works on."""

    notary: Notary
    book: Book
    tip: Tip


def hold(notary: Notary, ceremony: str, options: Mapping[str, Any]) -> str:
    """Hold a ceremony and return what came of it, in a sentence.

    Raises CeremonyRefused if it does not apply, Refused for an alarm that it cannot clear.
    """
    found = notary.find(options["origin"])
    if found is None:
        raise CeremonyRefused("There is no ledger of this origin.")
    return _CEREMONIES[ceremony](_Scene(notary, *found), options)


def adopt(scene: _Scene, _options: Mapping[str, Any]) -> str:
    """Accept a folder that another host wrote, if the database agrees with its head."""
    box, host = scene.book.memory, scene.notary.host
    state = box.read_state()
    if state is None or state.host == host:
        raise CeremonyRefused("This folder was not written on another host.")
    scene.book.host = state.host
    rounds.recover(scene.book, scene.tip)
    moved = replace(rounds.settled(scene.book), host=host)
    upkeep.record_ceremony(
        scene.book.ledger,
        name="notary adopted by another host",
        value={"size": moved.head.size, "root": moved.head.root.hex()},
        clock=scene.notary.clock,
    )
    box.write_state(moved)
    scene.book.host, scene.book.state = host, moved
    return _signed_on(scene)


def rebuild(scene: _Scene, options: Mapping[str, Any]) -> str:
    """Recompute the state from entry 0; it must give the newest checkpoint and one kept outside."""
    book, box = scene.book, scene.book.memory
    if _usable_state(scene) is not None:
        raise CeremonyRefused("The state can be read; there is nothing to rebuild.")
    trusted = [parse_vkey(key.vkey) for key in _own_keys(scene)]
    if not trusted:
        raise CeremonyRefused("The key is gone as well; without it nothing can be signed on.")
    newest = serving.newest_checkpoint(book.ledger)
    if newest is None:
        raise CeremonyRefused("The database holds no checkpoint of this ledger.")
    held, logged = held_note(Path(options["held"])), box.newest_note()
    notes = [newest.note, held, *([logged] if logged else [])]
    known = [_checked(note, book.ledger.origin, trusted) for note in notes]
    if max(one.size for one in known) > newest.size:
        raise CeremonyRefused("The database holds no checkpoint as large as one that was released.")
    state = _recomputed(scene, known)
    box.prepare()
    box.cut_torn_records()
    box.log_note(newest.note)
    box.write_state(state)
    upkeep.record_ceremony(
        book.ledger,
        name="notary state rebuilt",
        value={"size": newest.size, "held": known[1].size},
        clock=scene.notary.clock,
    )
    return _signed_on(scene)


def held_note(path: Path) -> bytes:
    """Return the note in a file, or the last one of a file that is a log of notes."""
    try:
        raw = path.read_bytes()
    except OSError as fault:
        raise CeremonyRefused(f"{path} cannot be read: {fault.strerror}.") from fault
    return memory.last_record(raw) or raw


def disown(scene: _Scene, options: Mapping[str, Any]) -> str:
    """Sign over entries that lack only the mac of admission, once the ledger names them."""
    book, notary, seqs = scene.book, scene.notary, sorted(set(options["entries"]))
    rounds.recover(book, scene.tip)
    rounds.compare(book, scene.tip)
    state = rounds.settled(book)
    foreign = suffix.foreign_entries(
        book.ledger, state, end=scene.tip.size, admission=notary.admission
    )
    if seqs != foreign:
        named = ", ".join(f"#{seq}" for seq in foreign) or "none"
        raise CeremonyRefused(f"The entries without admission are: {named}. Name exactly these.")
    upkeep.disown(book.ledger, seqs, grounds=options["grounds"], clock=notary.clock)
    notary.admission = replace(notary.admission, disowned=frozenset(seqs))
    return _signed_on(scene)


def rotate_key(scene: _Scene, _options: Mapping[str, Any]) -> str:
    """Announce a second key; both sign until the first one is retired."""
    book, own = scene.book, _own_keys(scene)
    rounds.recover(book, scene.tip)
    used = {use.vkey for use in rounds.settled(book).keys}
    if not own or own[0].vkey not in used:
        raise CeremonyRefused("The ledger was never signed; its first key comes by itself.")
    # A key that a crash kept from being announced is announced before another one is drawn.
    waiting = [key for key in own if key.vkey not in used] or [keys.make_key(book.ledger.origin)]
    kept = [key for key in own if key.vkey in used]
    keys.write_keys(book.memory.key_path, [*kept, waiting[0]], disk=book.memory.disk)
    upkeep.add_key(book.ledger, vkey=waiting[0].vkey, clock=scene.notary.clock)
    return f"{_signed_on(scene)} Both keys sign now. The second is {waiting[0].vkey}"


def retire_key(scene: _Scene, options: Mapping[str, Any]) -> str:
    """Let a key sign no longer; its secret is destroyed once a later key has signed that."""
    book, own, retired = scene.book, _own_keys(scene), options["vkey"]
    rounds.recover(book, scene.tip)
    active = {use.vkey for use in rounds.settled(book).keys if use.retired is None}
    left = [key for key in own if key.vkey != retired]
    if retired not in active or not any(key.vkey in active for key in left):
        raise CeremonyRefused("The key is not active, or no other key would sign.")
    upkeep.retire_key(book.ledger, vkey=retired, clock=scene.notary.clock)
    said = _signed_on(scene)
    keys.write_keys(book.memory.key_path, left, disk=book.memory.disk)
    return f"{said} The secret of the retired key is destroyed."


_CEREMONIES: Mapping[str, Callable[[_Scene, Mapping[str, Any]], str]] = {
    "adopt": adopt,
    "rebuild": rebuild,
    "disown": disown,
    "rotate-key": rotate_key,
    "retire-key": retire_key,
}


def _own_keys(scene: _Scene) -> list[FileKey]:
    box = scene.book.memory
    return keys.read_keys(box.key_path, origin=scene.book.ledger.origin, disk=box.disk)


def _usable_state(scene: _Scene) -> State | None:
    try:
        return scene.book.memory.read_state()
    except Refused:
        return None


def _checked(note: bytes, origin: str, trusted: list[Any]) -> Checkpoint:
    try:
        return check_checkpoint(note, origin=origin, trusted=trusted)
    except Fault as fault:
        raise CeremonyRefused(f"A checkpoint does not hold: {fault}") from fault


def _recomputed(scene: _Scene, known: list[Checkpoint]) -> State:
    """Return the state at the larger checkpoint; the entries must give every known root."""
    book, notary = scene.book, scene.notary
    state = memory.empty_state(book.ledger, host=notary.host)
    for checkpoint in sorted(known, key=lambda one: one.size):
        if checkpoint.size == state.head.size:
            continue
        found = suffix.read_suffix(
            book.ledger,
            state,
            end=checkpoint.size,
            admission=replace(notary.admission, everything=True),
            clock=notary.clock,
        )
        if found.head.root != checkpoint.root:
            raise CeremonyRefused(f"The entries do not give the root of size {checkpoint.size}.")
        state = state.intending(found.head).promoted(
            keys=found.keys, heartbeat_seconds=found.heartbeat_seconds
        )
    return state


def _signed_on(scene: _Scene) -> str:
    """Run rounds to the end of the ledger and say how far it is signed."""
    book, notary = scene.book, scene.notary
    more = True
    while more:
        found = notary.find(book.ledger.origin)
        assert found is not None
        if book.state is None:
            rounds.recover(book, found[1])
        more = rounds.seal(book, found[1], clock=notary.clock, admission=notary.admission)
    size = rounds.settled(book).head.size
    publishing.report_state(book.ledger.ledger_id, size=size, alarm=None, at=notary.clock())
    return f"{book.ledger.origin} is signed up to size {size}."
