"""The four digests of the ledger: leaf, node, part and the compatible `content_hash`.

All are SHA-256. A prefix keeps leaves, nodes and parts apart, so that one can never pass for
another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping

from loopgrid_proof.errors import Fault

EMPTY_ROOT = hashlib.sha256(b"").digest()
PART_PREFIX = b"loopgrid.part/v1\n"
SALT_BYTES = 32
CONTENT_KEYS = (
    "service_name",
    "decision_type",
    "input",
    "model",
    "output",
    "prompt",
    "tool_calls",
    "metadata",
)


def leaf_hash(leaf: bytes) -> bytes:
    """Return H(0x00 || leaf), which is also what the next entry names as `prev`."""
    return hashlib.sha256(b"\x00" + leaf).digest()


def node_hash(left: bytes, right: bytes) -> bytes:
    """Return H(0x01 || left || right). RFC 6962, section 2.1."""
    return hashlib.sha256(b"\x01" + left + right).digest()


def part_digest(salt: bytes, content: bytes) -> bytes:
    """Return the commitment to `content`. Raises Fault(E_PROFILE) unless `salt` has 32 bytes."""
    if len(salt) != SALT_BYTES:
        raise Fault("E_PROFILE", "A salt has 32 bytes.")
    return hashlib.sha256(PART_PREFIX + salt + content).digest()


def content_hash(values: Mapping[str, object]) -> bytes:
    """Return the `content_hash` of a decision over its parsed values; a missing key counts as null.

    Integers must be exact and other numbers doubles, as `json.loads` gives them. Keys beyond the
    eight are refused with KeyError, so that a misspelt one cannot silently count as absent.
    """
    unknown = set(values) - set(CONTENT_KEYS)
    if unknown:
        raise KeyError(", ".join(sorted(unknown)))
    picked = {key: values.get(key) for key in CONTENT_KEYS}
    text = json.dumps(picked, sort_keys=True, separators=(",", ":"))
    return hashlib.sha256(text.encode("ascii")).digest()
