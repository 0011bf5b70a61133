"""The table of attacks: what was done to a ledger, what had to be found, and what was found."""

from __future__ import annotations

from typing import Any

_NAME = "attack"


def note(request: Any, attack: str, *, expected: str, found: str) -> None:
    """Keep a row of the table; rows travel with the test's report, also from a parallel worker."""
    request.node.user_properties.append((_NAME, (attack, expected, found)))


def rows_of(reports: list[Any]) -> list[tuple[str, str, str]]:
    """Return the rows that these reports brought, in the order of their names."""
    kept = {
        tuple(value)
        for report in reports
        for name, value in getattr(report, "user_properties", ())
        if name == _NAME and report.when == "call"
    }
    return sorted(kept)


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """Print the table."""
    reports = [one for kind in ("passed", "failed") for one in terminalreporter.stats.get(kind, ())]
    rows = rows_of(reports)
    if not rows:
        return
    terminalreporter.section("attacks on stored ledgers")
    wide = max(len(row[0]) for row in rows)
    middle = max(len(row[1]) for row in rows)
    terminalreporter.write_line(f"{'attack':{wide}} | {'expected':{middle}} | found")
    for attack, expected, found in rows:
        terminalreporter.write_line(f"{attack:{wide}} | {expected:{middle}} | {found}")
