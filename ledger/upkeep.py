"""Facts about the ledger itself: that it was opened, that it lives, which keys sign it.

The notary appends its heartbeats and keys through here, like everybody else.
"""

from __future__ import annotations

import os
from collections.abc import Mapping, Sequence
from uuid import UUID

from django.conf import settings
from loopgrid_proof.headers import NewEntry

from accounts import actors
from accounts.actors import Actor
from ledger.append import Appended, Clock, Draft, append_entries, hold
from ledger.content import seal, written
from ledger.errors import Conflict
from ledger.models import Ledger
from ledger.queries import LedgerRef
from ledger.transactions import joins_act


@joins_act
def open_ledger(
    *, ledger_id: UUID, workspace_id: UUID, slug: str, actor: Actor = actors.SETUP, clock: Clock
) -> LedgerRef:
    """Open a workspace's first ledger and write its entry 0.

    The origin `<host>/<slug>` names it for ever. Raises Conflict if a ledger has that origin.
    """
    origin = f"{settings.LEDGER_HOST}/{slug}"
    if Ledger.objects.filter(origin=origin).exists():
        raise Conflict("A ledger with this origin exists already.")
    Ledger.objects.create(
        ledger_id=ledger_id, workspace_id=workspace_id, ordinal=1, origin=origin, state="open"
    )
    ledger = LedgerRef(ledger_id, workspace_id, origin)
    facts = {"hb": settings.HEARTBEAT_SECONDS, "two": False}
    entry = NewEntry("ledger.genesis", actor.header(), facts=facts)
    append_entries(hold(ledger, clock=clock), [Draft(entry)])
    return ledger


@joins_act
def record_heartbeat(ledger: LedgerRef, *, clock: Clock) -> Appended:
    """Record that the ledger lived at this time, so that silence is not mistaken for an end."""
    return _append(ledger, "ledger.heartbeat", {}, clock=clock)


@joins_act
def add_key(ledger: LedgerRef, *, vkey: str, clock: Clock) -> Appended:
    """Record the verifier key that signs this ledger's checkpoints from now on."""
    return _append(ledger, "key.added", {"vkey": vkey}, clock=clock)


@joins_act
def retire_key(ledger: LedgerRef, *, vkey: str, clock: Clock) -> Appended:
    """Record that a verifier key signs no longer."""
    return _append(ledger, "key.retired", {"vkey": vkey}, clock=clock)


@joins_act
def record_ceremony(ledger: LedgerRef, *, name: str, value: object, clock: Clock) -> Appended:
    """Record what a person did to the notary on its own console."""
    parts = seal([written("value", value, cls="n")], draw=os.urandom)
    entry = NewEntry(
        "settings.changed",
        actors.CONSOLE.header(),
        facts={"area": "notary", "name": name},
        parts=tuple(part.ref for part in parts),
    )
    return append_entries(hold(ledger, clock=clock), [Draft(entry, parts)])[0]


@joins_act
def disown(ledger: LedgerRef, seqs: Sequence[int], *, grounds: str, clock: Clock) -> Appended:
    """Record that these entries came in without admission: they stay, and count for nothing."""
    parts = seal([written("grounds", grounds)], draw=os.urandom)
    entry = NewEntry(
        "ledger.disowned",
        actors.CONSOLE.header(),
        facts={"code": "N_ADMISSION"},
        refs={"entries": sorted(seqs)},
        parts=tuple(part.ref for part in parts),
    )
    return append_entries(hold(ledger, clock=clock), [Draft(entry, parts)])[0]


def _append(ledger: LedgerRef, kind: str, refs: Mapping[str, object], *, clock: Clock) -> Appended:
    entry = NewEntry(kind, actors.NOTARY.header(), refs=refs)
    return append_entries(hold(ledger, clock=clock), [Draft(entry)])[0]
