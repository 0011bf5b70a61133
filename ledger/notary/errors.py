"""Why the notary does not sign, as one tree.

    NotaryError
    ├── Refused     this ledger is not signed until the cause is repaired; others go on
    ├── MustStop    the process may not go on at all: another notary, or a disk that fails
    └── CeremonyRefused   a ceremony on the console does not apply; nothing was changed

`code` is one of the `N_` codes of docs/format.md. `detail` is one sentence without any content.
"""

from __future__ import annotations


class NotaryError(Exception):
    """Base of every error of this room."""


class _Coded(NotaryError):
    def __init__(self, code: str, detail: str) -> None:
        super().__init__(f"{code}: {detail}")
        self.code = code
        self.detail = detail


class Refused(_Coded):
    """The notary does not sign this ledger; its alarm stands until the cause is repaired."""


class MustStop(_Coded):
    """The process ends: to go on could release a second history (N_SPLIT) or lose one (N_DISK)."""


class CeremonyRefused(NotaryError):
    """A ceremony does not apply to what was found; nothing was changed."""
