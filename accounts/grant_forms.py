"""What the pages for people and keys ask an admin for."""

from datetime import UTC, datetime, time, timedelta
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from accounts import keys, roles

ROLE_NAMES = {
    roles.VIEWER: _("Viewer"),
    roles.REVIEWER: _("Reviewer"),
    roles.COMPLIANCE_OFFICER: _("Compliance officer"),
    roles.ADMIN: _("Admin"),
    roles.AUDITOR: _("Auditor"),
}
PRESET_NAMES = {
    "ingest": _("Ingest: record"),
    "developer": _("Developer: record, read, review, export, verify"),
    "officer": _("Officer: read, export, verify"),
    "auditor": _("Auditor: verify; always expires"),
    "": _("Scopes chosen below"),
}
OVERLAPS = {0: _("ends at once"), 24: _("lives on for a day"), 168: _("lives on for a week")}


def _dress(form: forms.Form) -> None:
    for field in form.fields.values():
        if not isinstance(field.widget, forms.CheckboxInput | forms.CheckboxSelectMultiple):
            field.widget.attrs.setdefault("class", "field")


class KeyForm(forms.Form):
    """A key: what it is called, what it may do, and for how long."""

    name = forms.CharField(label=_("Name"), max_length=200)
    preset = forms.ChoiceField(
        label=_("May"), choices=list(PRESET_NAMES.items()), initial="ingest", required=False
    )
    scopes = forms.MultipleChoiceField(
        label=_("Scopes"),
        choices=[(scope, scope) for scope in keys.SCOPES],
        required=False,
        widget=forms.CheckboxSelectMultiple,
    )
    services = forms.CharField(
        label=_("Only for these services"),
        help_text=_("Names, with commas between them. Empty: every service."),
        required=False,
    )
    days = forms.IntegerField(
        label=_("Days until it expires"),
        help_text=_("Empty: until it is revoked."),
        min_value=1,
        max_value=3650,
        required=False,
    )
    personal = forms.BooleanField(label=_("It acts as me, within my roles"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)

    def terms(self, *, at: datetime) -> dict[str, Any]:
        """Return name, scopes, services and end; raises InvalidGrant for an endless auditor."""
        given = self.cleaned_data
        days, preset = given["days"], given["preset"]
        scopes = tuple(given["scopes"])
        if preset:
            scopes = keys.scopes_of_preset(preset, expires=days is not None)
        return {
            "name": given["name"],
            "scopes": scopes,
            "services": tuple(
                name for word in given["services"].split(",") if (name := word.strip())
            ),
            "expires_at": None if days is None else at + timedelta(days=days),
        }


class RotateForm(forms.Form):
    """How long the old key lives on beside its successor."""

    overlap_hours = forms.TypedChoiceField(
        label=_("The old key"), choices=list(OVERLAPS.items()), coerce=int, initial=24
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)

    def overlap(self) -> timedelta:
        """Return the time for which both keys work."""
        return timedelta(hours=self.cleaned_data["overlap_hours"])


class RoleForm(forms.Form):
    """A role, and the day on which it ends."""

    role = forms.ChoiceField(label=_("Role"), choices=list(ROLE_NAMES.items()))
    until = forms.DateField(
        label=_("Last day"),
        help_text=_("An auditor's role always ends. Empty: until it is taken away."),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)

    def grant(self) -> dict[str, Any]:
        """Return role and end: the end of the last day in UTC, or None."""
        until = self.cleaned_data["until"]
        # The calendar's own last day has no day after it.
        end = until and datetime.combine(until, time.max, tzinfo=UTC)
        return {"role": self.cleaned_data["role"], "expires_at": end}


class PersonForm(RoleForm):
    """Somebody who joins the workspace, with a first role."""

    email = forms.EmailField(label=_("Email"), max_length=254)
    display_name = forms.CharField(label=_("Name"), max_length=200)

    field_order = ("email", "display_name", "role", "until")
