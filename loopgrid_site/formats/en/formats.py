"""Dates in English, read by Django through `FORMAT_MODULE_PATH`."""

from __future__ import annotations

from typing import Final

DATE_FORMAT: Final = "j M Y"
DATETIME_FORMAT: Final = "j M Y, H:i:s T"
