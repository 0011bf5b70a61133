"""From the views that drf-spectacular enumerates to the operations written down for them."""

from __future__ import annotations

from typing import Any

from drf_spectacular.openapi import AutoSchema

from ledger.api.documenting.tables import OPERATIONS


class HandWritten(AutoSchema):
    """Answers with the operation of a view; KeyError for a door that nobody described."""

    def get_operation(  # noqa: D102  the parent's
        self,
        path: str,
        path_regex: str,  # noqa: ARG002
        path_prefix: str,  # noqa: ARG002
        method: str,
        registry: Any,  # noqa: ARG002
    ) -> dict[str, Any]:
        return OPERATIONS[f"{method.upper()} /{path.lstrip('/')}"].as_openapi()
