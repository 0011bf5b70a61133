"""The entries of a decision as a timeline: what happened, who did it, in which words."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import template
from django.utils.translation import gettext as _
from loopgrid_proof.headers import Header

from ledger.queries import HistoryEntry

register = template.Library()

_SHORT_ID = 12


@register.filter
def timeline_template(entry: HistoryEntry) -> str:
    """Return the template that tells an entry; dots in the kind are underscores."""
    return f"ledger/timeline/_{entry.header.kind.replace('.', '_')}.html"


@register.filter
def words(entry: HistoryEntry, name: str) -> Any:
    """Return the text of a part of an entry, or None when there is none to show."""
    part = entry.parts.get(name)
    return json.loads(part.content) if part and part.content is not None else None


@register.filter
def raw(entry: HistoryEntry, name: str) -> bytes | None:
    """Return the recorded bytes of a part of an entry, or None."""
    part = entry.parts.get(name)
    return part.content if part else None


@register.filter
def who(entry: HistoryEntry, names: Mapping[str, str] | None = None) -> str:
    """Return who did it: a person by the name sealed with the entry, a key by its name of today."""
    return _person(entry) or _program(entry.header, names or {})


def _person(entry: HistoryEntry) -> str | None:
    details = words(entry, "actor")
    return (
        details.get("display_name") or details.get("email") if isinstance(details, dict) else None
    )


def _program(header: Header, names: Mapping[str, str]) -> str:
    kind, name = header.actor["ty"], header.actor["id"]
    if kind == "system":
        return _("LoopGrid, %(part)s") % {"part": name}
    if name == "local":
        return _("A program on this machine")
    if kind == "service":
        return _("API key %(name)s") % {"name": names.get(name, f"{name[:_SHORT_ID]}…")}
    return _("Person %(id)s") % {"id": f"{name[:_SHORT_ID]}…"}


@register.filter
def reason_words(code: str) -> str:
    """Return a reason code as words; one that the page does not know is shown as it is."""
    known = {
        "missed_fact": _("Missed a fact"),
        "wrong_action": _("Wrong action"),
        "invented_fact": _("Invented a fact"),
        "policy_or_law": _("Policy or law"),
        "tone": _("Tone"),
        "other": _("Other"),
    }
    return known.get(code, code)
