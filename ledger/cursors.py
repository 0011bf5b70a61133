"""Cursors over rows that are named by ids in the order of time: opaque, and good for one list."""

from __future__ import annotations

from base64 import urlsafe_b64decode, urlsafe_b64encode
from binascii import Error as NotBase64

from django.core.signing import BadSignature, Signer

from ledger.errors import invalid
from ledger.queries import LedgerRef


def write(ledger: LedgerRef, name: str, ident: str) -> str:
    """Return the cursor that continues list `name` behind the row `ident`."""
    signed = _signer(ledger, name).sign(ident)
    return urlsafe_b64encode(signed.encode()).decode().rstrip("=")


def read(ledger: LedgerRef, name: str, cursor: str | None) -> str | None:
    """Return the row a cursor stands for, None for none.

    Raises InvalidContent (`invalid_parameter`) for a cursor of another list.
    """
    if not cursor:
        return None
    try:
        signed = urlsafe_b64decode(cursor.encode("ascii") + b"=" * (-len(cursor) % 4)).decode()
        return _signer(ledger, name).unsign(signed)
    except (UnicodeError, NotBase64, BadSignature):
        detail = "The cursor does not belong to this list."
        raise invalid("/cursor", "invalid_parameter", detail) from None


def _signer(ledger: LedgerRef, name: str) -> Signer:
    return Signer(salt=f"ledger.cursors:{ledger.ledger_id}:{name}")
