"""What the pages of the ledger ask for."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import TYPE_CHECKING

from django import forms
from django.utils.translation import gettext_lazy

if TYPE_CHECKING:
    from django_stubs_ext import StrPromise

STATES = (
    ("", gettext_lazy("Any")),
    ("open", gettext_lazy("No verdict")),
    ("confirmed", gettext_lazy("Looks right")),
    ("flagged", gettext_lazy("Flagged")),
    ("corrected", gettext_lazy("Corrected")),
)
_NAMES = ("service", "type", "model")


def _name(label: str | StrPromise, **attrs: str) -> forms.CharField:
    widget = forms.TextInput({"class": "field mono", "autocomplete": "off"} | attrs)
    return forms.CharField(label=label, max_length=200, required=False, widget=widget)


def _day(label: str | StrPromise) -> forms.DateField:
    widget = forms.DateInput({"class": "field", "type": "date"})
    return forms.DateField(label=label, required=False, widget=widget)


class FilterForm(forms.Form):
    """The filter menu: its fields become tokens of the search, and nothing but tokens."""

    state = forms.ChoiceField(
        label=gettext_lazy("State"),
        choices=STATES,
        required=False,
        widget=forms.Select({"class": "field"}),
    )
    service = _name(gettext_lazy("Service"))
    type = _name(gettext_lazy("Decision type"))
    model = _name(gettext_lazy("Model"), placeholder="gpt-4*")
    first = _day(gettext_lazy("From day (UTC)"))
    last = _day(gettext_lazy("To day (UTC)"))

    def tokens(self) -> list[str]:
        """Return the tokens that the filled fields stand for; a field that is wrong adds none."""
        self.full_clean()
        return list(self._tokens(self.cleaned_data))

    def _tokens(self, chosen: dict[str, str | date | None]) -> Iterator[str]:
        if chosen.get("state"):
            yield f"is:{chosen['state']}"
        for name in _NAMES:
            if chosen.get(name):
                yield f"{name}:{_quoted(str(chosen[name]))}"
        first, last = chosen.get("first"), chosen.get("last")
        if first or last:
            yield f"at:{first or ''}..{last or ''}" if first != last else f"at:{first}"


def _quoted(value: str) -> str:
    """Return a value as the search reads it: a `*` at its end stays a wildcard."""
    if not any(sign in value for sign in ' ",'):
        return value
    escaped = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{escaped}"'
