"""A Chromium for the browser tests: one that is there, else one that can be had."""

from __future__ import annotations

import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

NAMES = ("chromium", "chromium-browser", "google-chrome")
ADVICE = (
    "No Chromium was found. `apt-get install chromium` brings one; LOOPGRID_CHROMIUM names another."
)


@dataclass(frozen=True)
class Chromium:
    """What was found: the program, or None and what to do; and the settings its tests need."""

    executable: Path | None
    settings: dict[str, str] = field(default_factory=dict)
    advice: str = ADVICE


def find(environment: Mapping[str, str]) -> Chromium:
    """Return the first Chromium that is there."""
    named = environment.get("LOOPGRID_CHROMIUM")
    for name in [named] if named else NAMES:
        found = shutil.which(name, path=environment.get("PATH"))
        if found:
            return Chromium(Path(found), {"LOOPGRID_CHROMIUM": found})
    return Chromium(None)
