"""What `/openapi.json` says, written by hand: one `Operation` for each method of each address.

The tables are grouped as the doors are; `HandWritten` finds an operation for the view that
drf-spectacular enumerates, and refuses a door that nobody described. Field names and statuses stand
here once, so that the file in docs/openapi.yaml and the running product cannot differ.
"""

from ledger.api.documenting.enumerated import HandWritten
from ledger.api.documenting.operations import Operation

__all__ = ["HandWritten", "Operation"]
