"""What the pages about oneself ask for: signing in, a name, a password."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import (
    AuthenticationForm,
    PasswordChangeForm,
    SetPasswordForm,
)
from django.utils.translation import gettext_lazy as _

from accounts import limits
from accounts.models import User

if TYPE_CHECKING:  # Django's own class takes no parameter when the program runs
    _SetForm = SetPasswordForm[User]
else:
    _SetForm = SetPasswordForm

TOO_MANY = "too_many"


def _dress(form: forms.Form) -> None:
    for field in form.fields.values():
        field.widget.attrs.setdefault("class", "field")


class SignInForm(AuthenticationForm):
    """Email and password. A refusal never says which of the two was wrong, or who exists."""

    error_messages = {
        "invalid_login": _("The email address or the password is wrong."),
        "inactive": _("The email address or the password is wrong."),
        TOO_MANY: _("Too many tries. Wait a quarter of an hour, then try again."),
    }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = _("Email")
        self.fields["username"].widget.input_type = "email"
        _dress(self)

    def clean(self) -> dict[str, Any]:
        """Count the try before the password is looked at, so that guessing gets no faster."""
        email = str(self.cleaned_data.get("username") or "")
        address = limits.client_address(self.request) if self.request else ""
        if not limits.may_try_to_sign_in(email, address=address):
            raise forms.ValidationError(self.error_messages[TOO_MANY], code=TOO_MANY)
        cleaned = super().clean() or self.cleaned_data
        limits.forgive_sign_in(email, address=address)
        return cleaned


class NameForm(forms.Form):
    """The name a person goes by."""

    display_name = forms.CharField(label=_("Name"), max_length=200)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["display_name"].widget.attrs["autocomplete"] = "name"
        _dress(self)


class PasswordForm(PasswordChangeForm):
    """The old password and, twice, the one that replaces it."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["old_password"].widget.attrs.pop("autofocus", None)
        _dress(self)


class ResetForm(_SetForm):
    """A password, twice, for somebody who came by a one-time link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _dress(self)
