"""Ids that sort by the time they were drawn: a prefix and 32 hex digits of a UUIDv7.

`new_id` is a plain function of its arguments; `draw_id` reads the clock and the system's chance for
it. UUIDv7 values are made here, in Python, so that no server version is needed for them.
"""

import os
import time
from uuid import UUID

RANDOM_BYTES = 10


def uuid7(*, now_ms: int, random_bytes: bytes) -> UUID:
    """Return the UUIDv7 of a Unix time in milliseconds and ten random bytes.

    Six bits of the random bytes give way to version and variant. RFC 9562, section 5.7.
    """
    if len(random_bytes) != RANDOM_BYTES:
        raise ValueError(f"a UUIDv7 takes {RANDOM_BYTES} random bytes, not {len(random_bytes)}")
    chance = int.from_bytes(random_bytes, "big")
    high = (chance >> 64) & 0xFFF
    low = chance & 0x3FFF_FFFF_FFFF_FFFF
    return UUID(int=(now_ms & 0xFFFF_FFFF_FFFF) << 80 | 0x7 << 76 | high << 64 | 0b10 << 62 | low)


def new_id(prefix: str, *, now_ms: int, random_bytes: bytes) -> str:
    """Return the id that this prefix, time and chance make, such as `dec_0198…`."""
    return f"{prefix}_{uuid7(now_ms=now_ms, random_bytes=random_bytes).hex}"


def draw_uuid() -> UUID:
    """Draw a UUIDv7 from the clock and the system's chance."""
    return uuid7(now_ms=_now_ms(), random_bytes=os.urandom(RANDOM_BYTES))


def draw_id(prefix: str) -> str:
    """Draw an id that nobody has used: `draw_id("dec")`."""
    return new_id(prefix, now_ms=_now_ms(), random_bytes=os.urandom(RANDOM_BYTES))


def draw_user_id() -> str:
    """Draw the public id of a person."""
    return draw_id("usr")


def draw_key_id() -> str:
    """Draw the public id of an API key."""
    return draw_id("key")


def _now_ms() -> int:
    return time.time_ns() // 1_000_000
