"""One table per benchmark: what was measured, the limit beside it, the ratio, the goal."""

from __future__ import annotations

import os
import platform
import statistics
from collections.abc import Sequence
from dataclasses import asdict, dataclass

from rich.console import Console
from rich.table import Table


@dataclass(frozen=True)
class Row:
    """One line: figures are medians over the rounds, the ratio is the median of the ratios."""

    name: str
    measured: str
    limit: str
    ratio: float | None
    goal: str
    met: bool | None


def show(title: str, rows: Sequence[Row], *, note: str = "") -> None:
    """Print the table of a benchmark."""
    table = Table(title=f"{title} ({os.cpu_count()} cores, {platform.machine()})", caption=note)
    for heading in ("what", "measured", "limit on this machine", "ratio", "goal", ""):
        table.add_column(heading, overflow="fold")
    for row in rows:
        ratio = "" if row.ratio is None else f"{row.ratio:.2f}"
        verdict = {True: "met", False: "missed", None: ""}[row.met]
        table.add_row(row.name, row.measured, row.limit, ratio, row.goal, verdict)
    Console(width=140).print(table)


def median(values: Sequence[float]) -> float:
    """Return the middle of the rounds."""
    return statistics.median(values)


def as_figures(rows: Sequence[Row]) -> list[dict[str, object]]:
    """Return the rows for a JSON file."""
    return [asdict(row) for row in rows]
