"""Signed notes and checkpoints, verifier keys, and when a key counts.

C2SP signed-note and tlog-checkpoint as published. Nothing here signs: whoever holds a key signs
`checkpoint_body` and hands the signatures to `note_with_signatures`.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from loopgrid_proof import signatures
from loopgrid_proof.errors import Fault

MAX_NOTE = 256 * 1024
MAX_SIGNATURES = 64
ED25519 = b"\x01"
_KEY_ID_BYTES = 4
_ROOT_BYTES = 32
_MAX_SIZE_DIGITS = 16
_SIGNATURE_START = "\u2014 "
_is_size = re.compile(r"0|[1-9][0-9]*").fullmatch
_is_key_id = re.compile(r"[0-9a-f]{8}").fullmatch


@dataclass(frozen=True)
class NoteSignature:
    """One signature line, as claimed: nothing says yet that it is true."""

    name: str
    key_id: bytes
    signature: bytes


@dataclass(frozen=True)
class Note:
    """A note taken apart: the bytes that are signed, and the signature lines."""

    body: bytes
    signatures: tuple[NoteSignature, ...]


@dataclass(frozen=True)
class Checkpoint:
    """The claim that ledger `origin` has `size` entries and this root."""

    origin: str
    size: int
    root: bytes
    extensions: tuple[str, ...] = ()


@dataclass(frozen=True)
class VerifierKey:
    """A public key with the name it signs under. `text` is its one spelling."""

    name: str
    key_id: bytes
    public_key: bytes

    @property
    def text(self) -> str:
        """Return the C2SP verifier key, `<name>+<id>+<base64>`."""
        return format_vkey(self.name, self.public_key)


@dataclass(frozen=True)
class KeyEvent:
    """An entry that changes when a key counts: `what` is added, retired or revoked.

    `last` is the last size still trusted, for a revocation only.
    """

    seq: int
    what: str
    vkey: str
    last: int | None = None


def key_id(name: str, public_key: bytes) -> bytes:
    """Return the four bytes that stand for an Ed25519 key on a signature line."""
    return hashlib.sha256(name.encode() + b"\n" + ED25519 + public_key).digest()[:_KEY_ID_BYTES]


def format_vkey(name: str, public_key: bytes) -> str:
    """Return the verifier key of an Ed25519 public key that signs as `name`."""
    encoded = base64.b64encode(ED25519 + public_key).decode()
    return f"{name}+{key_id(name, public_key).hex()}+{encoded}"


def parse_vkey(text: str) -> VerifierKey:
    """Return the key of a C2SP verifier key, or raise Fault(E_KEY) if it is ill-formed or weak."""
    name, _, rest = text.partition("+")
    claimed, _, encoded = rest.partition("+")
    raw = _decode_base64(encoded)
    if not _is_key_name(name) or not _is_key_id(claimed) or raw is None or raw[:1] != ED25519:
        raise Fault("E_KEY", "The verifier key is ill-formed or of another type.")
    public_key = raw[1:]
    if key_id(name, public_key).hex() != claimed:
        raise Fault("E_KEY", "The verifier key does not have the id it claims.")
    if not signatures.accept_key(public_key):
        raise Fault("E_KEY", "The public key is not canonical, or weak.")
    return VerifierKey(name, bytes.fromhex(claimed), public_key)


def checkpoint_body(origin: str, size: int, root: bytes) -> bytes:
    """Return the three lines that are signed."""
    return f"{origin}\n{size}\n{base64.b64encode(root).decode()}\n".encode()


def note_with_signatures(body: bytes, lines: Iterable[tuple[str, bytes, bytes]]) -> bytes:
    """Return the note of `body` with lines of (key name, key id, signature)."""
    written = "".join(
        f"{_SIGNATURE_START}{name} {base64.b64encode(ident + signature).decode()}\n"
        for name, ident, signature in lines
    )
    return body + b"\n" + written.encode()


def parse_note(raw: bytes) -> Note:
    """Return the parts of a C2SP signed note, or raise Fault(E_NOTE)."""
    if len(raw) > MAX_NOTE:
        raise Fault("E_NOTE", "The note is larger than 256 KiB.")
    try:
        text = raw.decode("utf-8", "strict")
    except UnicodeDecodeError:
        raise Fault("E_NOTE", "The note is not UTF-8.") from None
    if any(c < " " and c != "\n" for c in text):
        raise Fault("E_NOTE", "The note holds a control character.")
    body, found, rest = text.rpartition("\n\n")
    if not found or not rest.endswith("\n"):
        raise Fault("E_NOTE", "The note lacks its blank line or its last newline.")
    lines = rest[:-1].split("\n")
    if len(lines) > MAX_SIGNATURES:
        raise Fault("E_NOTE", "The note has more than 64 signature lines.")
    return Note(f"{body}\n".encode(), tuple(map(_parse_signature, lines)))


def parse_checkpoint(note: Note) -> Checkpoint:
    """Return the checkpoint a note states, or raise Fault(E_NOTE). Signatures are not looked at."""
    lines = note.body.decode().split("\n")[:-1]
    if len(lines) < 3 or not all(lines):  # noqa: PLR2004 - origin, size, root
        raise Fault("E_NOTE", "A checkpoint has at least three lines, none empty.")
    origin, size, encoded = lines[:3]
    root = _decode_base64(encoded)
    if _is_size(size) is None or len(size) > _MAX_SIZE_DIGITS:
        raise Fault("E_NOTE", "The size of the checkpoint is no number.")
    if root is None or len(root) != _ROOT_BYTES:
        raise Fault("E_NOTE", "The root of the checkpoint is no digest.")
    return Checkpoint(origin, int(size), root, tuple(lines[3:]))


def good_signers(note: Note, keys: Mapping[tuple[str, bytes], VerifierKey]) -> frozenset[str]:
    """Return the vkeys among `keys` that signed; Fault(E_SIG) if a line of one of them is false.

    `keys` are by (name, id). Lines of other keys are ignored.
    """
    found = set()
    for line in note.signatures:
        key = keys.get((line.name, line.key_id))
        if key is None:
            continue
        if not signatures.verify(key.public_key, note.body, line.signature):
            raise Fault("E_SIG", "A signature of a known key is false.")
        found.add(key.text)
    return frozenset(found)


def by_line(keys: Iterable[VerifierKey]) -> dict[tuple[str, bytes], VerifierKey]:
    """Return the keys by what a signature line says of them."""
    return {(key.name, key.key_id): key for key in keys}


def check_checkpoint(
    raw: bytes, *, origin: str | None, trusted: Sequence[VerifierKey]
) -> Checkpoint:
    """Return the checkpoint in a note that a trusted key signed, or raise Fault.

    E_NOTE, E_SIG (a false line, or none by a trusted key), E_ORIGIN. With `origin` None any
    ledger will do. Windows of keys need the entries: `verify` looks at those.
    """
    note = parse_note(raw)
    checkpoint = parse_checkpoint(note)
    signers = good_signers(note, by_line(trusted))
    if origin is not None and checkpoint.origin != origin:
        raise Fault("E_ORIGIN", "The checkpoint is of another ledger.")
    if not signers:
        raise Fault("E_SIG", "No trusted key signed the checkpoint.")
    return checkpoint


def is_active(vkey: str, size: int, events: Iterable[KeyEvent]) -> bool | None:
    """Say whether a key counts at `size`; None if `events` do not name it at all.

    Active = added below that size, not retired below it, not revoked from before it on.
    """
    named = [event for event in events if event.vkey == vkey]
    if not any(event.what == "added" for event in named):
        return None if not named else False
    return (
        any(event.what == "added" and event.seq < size for event in named)
        and not any(event.what == "retired" and event.seq < size for event in named)
        and not any(
            event.what == "revoked" and event.last is not None and event.last < size
            for event in named
        )
    )


def _parse_signature(line: str) -> NoteSignature:
    name, space, encoded = line[len(_SIGNATURE_START) :].partition(" ")
    raw = _decode_base64(encoded)
    if not line.startswith(_SIGNATURE_START) or not space or not _is_key_name(name):
        raise Fault("E_NOTE", "A signature line is ill-formed.")
    if raw is None or len(raw) <= _KEY_ID_BYTES:
        raise Fault("E_NOTE", "A signature line is ill-formed.")
    return NoteSignature(name, raw[:_KEY_ID_BYTES], raw[_KEY_ID_BYTES:])


def _is_key_name(name: str) -> bool:
    return bool(name) and "+" not in name and not any(c.isspace() for c in name)


def _decode_base64(text: str) -> bytes | None:
    """Return the bytes of padded base64 in its only spelling, else None."""
    try:
        raw = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError):
        return None
    return raw if base64.b64encode(raw).decode() == text else None
