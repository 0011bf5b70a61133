"""What the pages about oneself ask for: signing in, a name, a password."""

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import (
    AuthenticationForm,
    PasswordChangeForm,
    SetPasswordForm,
)
from django.contrib.auth.password_validation import validate_password
from django.utils.translation import gettext_lazy as _

from accounts import limits
from accounts.models import User
from accounts.roles import COMPLIANCE_OFFICER

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


class SetupForm(forms.Form):
    """The first person of an installation."""

    display_name = forms.CharField(label=_("Your name"), max_length=200)
    email = forms.EmailField(label=_("Email"), max_length=254)
    password = forms.CharField(label=_("Password"), strip=False, widget=forms.PasswordInput)
    again = forms.CharField(
        label=_("The same password again"), strip=False, widget=forms.PasswordInput
    )
    officer = forms.BooleanField(label=_("I am also the compliance officer"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        hints = {"display_name": "name", "email": "username"}
        for name in ("display_name", "email", "password", "again"):
            attrs = self.fields[name].widget.attrs
            attrs |= {"class": "field", "autocomplete": hints.get(name, "new-password")}

    def clean(self) -> dict[str, Any]:
        """Refuse two different passwords, and one that is easy to guess."""
        cleaned = super().clean() or self.cleaned_data
        password = cleaned.get("password")
        if password and cleaned.get("again") not in {None, password}:
            self.add_error("again", _("The two passwords are not the same."))
        if password:
            self._check(password, cleaned)
        return cleaned

    def _check(self, password: str, cleaned: dict[str, Any]) -> None:
        person = User(email=cleaned.get("email", ""), display_name=cleaned.get("display_name", ""))
        try:
            validate_password(password, person)
        except forms.ValidationError as fault:
            self.add_error("password", fault)

    def first_person(self) -> dict[str, Any]:
        """Return what `ledger.administration.FirstPerson` takes."""
        given = self.cleaned_data
        further = (COMPLIANCE_OFFICER,) if given["officer"] else ()
        return {
            "email": given["email"],
            "display_name": given["display_name"],
            "password": given["password"],
            "further_roles": further,
        }
