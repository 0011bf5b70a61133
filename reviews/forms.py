"""What the pages of a decision ask a reviewer for.

A form carries the newest entry the person saw (`seen`) and a key of its own (`form_key`), so that a
verdict on an old view is noticed and a second click leaves no second entry.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from ledger.content import Member, read_strict, slice_members
from ledger.errors import InvalidContent

MAX_TEXT = 10_000
MAX_FIELDS = 40
# What is too long to read on a page is too long to edit on one.
MAX_EDITED_BYTES = 256 * 1024

REASONS = (
    ("missed_fact", gettext_lazy("Missed a fact")),
    ("wrong_action", gettext_lazy("Wrong action")),
    ("invented_fact", gettext_lazy("Invented a fact")),
    ("policy_or_law", gettext_lazy("Policy or law")),
    ("tone", gettext_lazy("Tone")),
    ("other", gettext_lazy("Other")),
)
SEVERITIES = (
    ("", gettext_lazy("Not judged")),
    ("low", gettext_lazy("Low: no effect on anybody")),
    ("medium", gettext_lazy("Medium: money or time, can be put right")),
    ("high", gettext_lazy("High: harm to a person or their rights")),
    ("critical", gettext_lazy("Critical: harm that cannot be put right")),
)
REPLACEMENTS = (
    ("confirmed", gettext_lazy("Looks right")),
    ("incorrect", gettext_lazy("Flag")),
    ("withdrawn", gettext_lazy("Take it back, without another verdict")),
)

# What a browser cannot send back from a text field as it was.
_UNTYPABLE = re.compile(r"[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|\r(?!\n)")


class KeyedRadios(forms.RadioSelect):
    """Radio buttons that the digits 1 to 9 pick; nothing is picked beforehand."""

    def create_option(  # noqa: PLR0917  the signature is Django's
        self,
        name: str,
        value: Any,
        label: Any,
        selected: bool,  # noqa: FBT001
        index: int,
        subindex: int | None = None,
        attrs: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """Add the digit to an option."""
        option = super().create_option(name, value, label, selected, index, subindex, attrs)
        option["attrs"]["data-key"] = str(index + 1)
        return option


def _words(rows: int, **attrs: str) -> forms.Textarea:
    return forms.Textarea(attrs={"class": "field", "rows": rows} | attrs)


class ActForm(forms.Form):
    """What every act carries: the newest entry that was on the page, and the form's own key."""

    seen = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    form_key = forms.RegexField(r"\A[0-9a-f]{32}\Z", widget=forms.HiddenInput)

    def given(self, name: str) -> str | None:
        """Return what was chosen or written in a field, or None if it was left empty."""
        return self.cleaned_data.get(name) or None


class ConfirmForm(ActForm):
    """Looks right."""


class FlagForm(ActForm):
    """Flag: why, in a word that is counted and, if wanted, in a sentence."""

    reason_code = forms.ChoiceField(
        label=gettext_lazy("What was wrong?"),
        choices=REASONS,
        widget=KeyedRadios,
        error_messages={"required": gettext_lazy("Choose what was wrong.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Reason for the record (optional)"),
        max_length=MAX_TEXT,
        required=False,
        widget=_words(2, **{"data-key": "n"}),
    )
    severity = forms.ChoiceField(
        label=gettext_lazy("Effect"),
        choices=SEVERITIES,
        required=False,
        widget=forms.Select(attrs={"class": "field"}),
    )


class SupersedeForm(ActForm):
    """Supersede: what shall stand instead, and why."""

    entry = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    verdict = forms.ChoiceField(
        label=gettext_lazy("What shall stand instead?"),
        choices=REPLACEMENTS,
        widget=KeyedRadios,
        error_messages={"required": gettext_lazy("Choose what shall stand instead.")},
    )
    reason = forms.CharField(
        label=gettext_lazy("Why?"),
        max_length=MAX_TEXT,
        widget=_words(2, **{"data-key": "n"}),
        error_messages={"required": gettext_lazy("Say why; the reason is part of the entry.")},
    )


@dataclass(frozen=True)
class OutputRow:
    """One member of the original output beside the field that corrects it."""

    key: str
    original: Member
    kind: str
    field: forms.BoundField


class CorrectForm(ActForm):
    """Correct: one field for each member of the output, or the whole output as JSON.

    Members that nobody touched keep the bytes they were recorded with.
    """

    reason_code = forms.ChoiceField(
        label=gettext_lazy("What was wrong?"), choices=REASONS, required=False, widget=KeyedRadios
    )
    notes = forms.CharField(
        label=gettext_lazy("Note for the record (optional)"),
        max_length=MAX_TEXT,
        required=False,
        widget=_words(2, **{"data-key": "n"}),
    )
    whole = forms.CharField(
        label=gettext_lazy("The whole output as JSON"),
        help_text=gettext_lazy(
            "If anything stands here, it is recorded instead of the fields above."
        ),
        required=False,
        strip=False,
        widget=_words(6, spellcheck="false"),
    )

    def __init__(self, *args: Any, output: bytes | None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.is_large = output is not None and len(output) > MAX_EDITED_BYTES
        editable = None if self.is_large else output
        self.members = slice_members(editable) if editable is not None else {}
        whole = self.fields["whole"]
        whole.widget.attrs["class"] = "field mono"
        if len(self.members) > MAX_FIELDS:
            self.members = {}
            whole.initial = (editable or b"").decode()
        if not self.members:
            whole.help_text = _("A JSON object; all of it is recorded as the correction.")
        for at, (key, member) in enumerate(self.members.items()):
            self.fields[f"f{at}"] = _member_field(key, member)

    @property
    def rows(self) -> list[OutputRow]:
        """The members of the output with their fields, in recorded order."""
        return [
            OutputRow(key, member, _kind(member), self[f"f{at}"])
            for at, (key, member) in enumerate(self.members.items())
        ]

    def clean(self) -> dict[str, Any]:
        """Put the corrected output together; `output` holds its bytes."""
        cleaned: dict[str, Any] = super().clean() or self.cleaned_data
        written = cleaned.get("whole", "").strip()
        if written or not self.members:
            cleaned["output"] = self._object(written)
        else:
            cleaned["output"] = self._put_together(cleaned)
        return cleaned

    def _object(self, written: str) -> bytes | None:
        try:
            value = read_strict(written.encode())
        except InvalidContent as fault:
            self.add_error("whole", _plain(fault))
            return None
        if not isinstance(value, dict):
            self.add_error(
                "whole", _("The output must be a JSON object, such as {“response”: “…”}.")
            )
        return written.encode()

    def _put_together(self, cleaned: Mapping[str, Any]) -> bytes | None:
        pairs = []
        for at, (key, member) in enumerate(self.members.items()):
            try:
                value = _corrected(member, cleaned.get(f"f{at}", ""))
            except InvalidContent as fault:
                self.add_error(
                    f"f{at}", _("“%(key)s”: %(fault)s") % {"key": key, "fault": _plain(fault)}
                )
                continue
            pairs.append(_quoted(key) + b":" + value)
        return b"{" + b",".join(pairs) + b"}"


def _kind(member: Member) -> str:
    """Say how a member is edited: as the text it is, or as JSON."""
    typable = isinstance(member.value, str) and not _UNTYPABLE.search(member.value)
    return "text" if typable else "json"


def _member_field(key: str, member: Member) -> forms.CharField:
    is_text = _kind(member) == "text"
    shown = member.value if is_text else member.raw.decode()
    rows = min(12, 1 + len(shown) // 60 + shown.count("\n"))
    attrs = {} if is_text else {"spellcheck": "false"}
    widget = _words(rows, **attrs)
    widget.attrs["class"] = "field" if is_text else "field mono"
    label = _("Corrected %(key)s") % {"key": key}
    return forms.CharField(label=label, initial=shown, required=False, strip=False, widget=widget)


def _corrected(member: Member, typed: str) -> bytes:
    """Return the JSON of a member as typed; untouched, it is the recorded bytes."""
    text = typed.replace("\r\n", "\n")
    if _kind(member) == "text":
        unchanged = text == member.value.replace("\r\n", "\n")
        return member.raw if unchanged else _quoted(text)
    if text == member.raw.decode().replace("\r\n", "\n"):
        return member.raw
    read_strict(text.encode())
    return text.strip().encode()


def _quoted(text: str) -> bytes:
    return json.dumps(text, ensure_ascii=False).encode()


def _plain(fault: InvalidContent) -> str:
    """Return what is wrong with typed JSON; the same rules as for a body, told of a field."""
    return str(fault).replace("The body is", _("This is")).replace("The body", _("This"))
