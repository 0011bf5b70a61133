"""All operations, by method and address."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

from ledger.api.documenting import around, deciding, proving, working
from ledger.api.documenting.operations import Operation

OPERATIONS: Final[Mapping[str, Operation]] = {
    **deciding.OPERATIONS,
    **proving.OPERATIONS,
    **working.OPERATIONS,
    **around.OPERATIONS,
}
