"""What an API key looks like, taken apart and digested.

A key is `lg_live_` and 48 characters: 25 random bytes and five bytes of their checksum in base32.
The checksum lets a mistyped key be refused without asking the database, and lets a scanner of
leaked secrets recognise one. Only the SHA-256 of a key is ever stored; 200 random bits need no
salt.
"""

import base64
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Final

from accounts.errors import InvalidGrant, KeyInvalid

MARK: Final = "lg_live_"
RANDOM_BYTES: Final = 25
_CHECKSUM_BYTES: Final = 5
_SHOWN: Final = 6
_BODY = re.compile(r"[a-z2-7]{48}", re.ASCII)

SCOPES: Final[tuple[str, ...]] = ("record", "read", "review", "export", "verify", "ops", "admin")
"""Everything a key can be allowed to do."""

PRESETS: Final[Mapping[str, tuple[str, ...]]] = {
    "ingest": ("record",),
    "developer": ("record", "read", "review", "export", "verify"),
    "auditor": ("verify",),
    "officer": ("read", "export", "verify"),
}
"""Usual sets of scopes by name. A key of the preset `auditor` always expires."""

LOCAL_SCOPES: Final[frozenset[str]] = frozenset(SCOPES) - {"admin"}
"""What a call without a key may do in local open mode."""


@dataclass(frozen=True, slots=True)
class ParsedKey:
    """A well-formed key: its digest to look it up, its prefix to show; never printed itself."""

    digest: bytes
    prefix: str
    secret: str = field(repr=False)


def scopes_of_preset(preset: str, *, expires: bool) -> tuple[str, ...]:
    """Return the scopes of a preset; `auditor` is refused for a key that would never expire."""
    scopes = PRESETS.get(preset)
    if scopes is None:
        raise InvalidGrant("preset", f"The presets are {', '.join(PRESETS)}.")
    if preset == "auditor" and not expires:
        raise InvalidGrant("expires_at", "An auditor's key always expires.")
    return scopes


def digest_key(secret: str) -> bytes:
    """Return the SHA-256 under which a key is stored."""
    return hashlib.sha256(secret.encode("utf-8", "surrogateescape")).digest()


def digest_setup_token(token: str) -> bytes:
    """Return the SHA-256 under which a set-up link is stored."""
    return hashlib.sha256(b"loopgrid.setup/v1\n" + token.encode("utf-8", "replace")).digest()


def format_key(random_bytes: bytes) -> str:
    """Return the key that 25 random bytes make."""
    if len(random_bytes) != RANDOM_BYTES:
        raise ValueError(f"a key takes {RANDOM_BYTES} random bytes, not {len(random_bytes)}")
    body = base64.b32encode(random_bytes + _checksum(random_bytes)).decode("ascii").lower()
    return MARK + body


def parse_key(text: str) -> ParsedKey:
    """Take a presented key apart; raises KeyInvalid if it cannot be one of ours."""
    body = text.removeprefix(MARK)
    if body == text or not _BODY.fullmatch(body):
        raise KeyInvalid("The key is not a LoopGrid key (lg_live_…).")
    raw = base64.b32decode(body.upper())
    if _checksum(raw[:RANDOM_BYTES]) != raw[RANDOM_BYTES:]:
        raise KeyInvalid("The key is mistyped or cut off.")
    return ParsedKey(digest=digest_key(text), prefix=text[: len(MARK) + _SHOWN], secret=text)


def _checksum(random_bytes: bytes) -> bytes:
    return hashlib.sha256(b"loopgrid.key/v1\n" + random_bytes).digest()[:_CHECKSUM_BYTES]
