"""Reading content: each part is recomputed before it is shown.

Queries per call: `content_of` and `parts_of` one each, however many entries are asked for.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from typing import Literal

from loopgrid_proof.digests import part_digest
from loopgrid_proof.headers import Header, PartRef

from ledger.models import Part
from ledger.queries.ledgers import LedgerRef

State = Literal["present", "erased", "altered"]


@dataclass(frozen=True, slots=True)
class PartContent:
    """A part as it may be shown.

    `content` and `salt` are None unless the state is `present`: an `altered` part does not give the
    digest its entry sealed, an `erased` one is gone by the entry `erased_seq`.
    """

    seq: int
    name: str
    cls: str
    media: str
    digest: bytes
    state: State
    content: bytes | None
    salt: bytes | None
    erased_seq: int | None


def parts_of(ledger: LedgerRef, seqs: Iterable[int]) -> Mapping[int, Mapping[str, PartContent]]:
    """Return the parts of these entries, by number of the entry and name; checked, every time."""
    wanted = sorted(set(seqs))
    found: dict[int, dict[str, PartContent]] = {seq: {} for seq in wanted}
    rows = Part.objects.filter(ledger_id=ledger.ledger_id, seq__in=wanted).order_by("seq", "name")
    for row in rows:
        found[row.seq][row.name] = _checked(row)
    return found


def content_of(ledger: LedgerRef, seq: int) -> Mapping[str, PartContent]:
    """Return the parts of one entry by name, checked."""
    return parts_of(ledger, [seq])[seq]


def as_sealed(header: Header, parts: Mapping[str, PartContent]) -> dict[str, PartContent]:
    """Return the parts an entry sealed; what it does not name, or names otherwise, is altered.

    A row agrees with itself even when content and digest were changed together, so its digest is
    held against the header. A part that the entry names and nobody finds is altered too.
    """
    sealed = {ref.name: ref for ref in header.parts}
    lost = {name: _lost(header.seq, ref) for name, ref in sealed.items() if name not in parts}
    there = {name: _against(sealed.get(name), part) for name, part in parts.items()}
    return there | lost


def _against(ref: PartRef | None, part: PartContent) -> PartContent:
    if ref is not None and ref.digest == part.digest:
        return part
    digest = part.digest if ref is None else ref.digest
    return replace(part, digest=digest, state="altered", content=None, salt=None)


def _lost(seq: int, ref: PartRef) -> PartContent:
    return PartContent(seq, ref.name, ref.cls, ref.media, ref.digest, "altered", None, None, None)


def _checked(row: Part) -> PartContent:
    digest = bytes(row.digest)
    state: State = "erased"
    content = salt = None
    if row.state == "present":
        content, salt = bytes(row.content or b""), bytes(row.salt or b"")
        state = "present" if part_digest(salt, content) == digest else "altered"
    if state != "present":
        content = salt = None
    return PartContent(
        row.seq, row.name, row.cls, row.media, digest, state, content, salt, row.erased_seq
    )
