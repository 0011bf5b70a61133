"""Pages about oneself: sign in, sign out, profile, and a password by one-time link."""

from typing import TYPE_CHECKING, cast

from django.contrib import messages
from django.contrib.auth import update_session_auth_hash
from django.contrib.auth import views as auth_views
from django.contrib.auth.decorators import login_required
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.urls import reverse_lazy
from django.utils.translation import gettext as _
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_http_methods, require_POST

from accounts import profiles
from accounts.forms import TOO_MANY, NameForm, PasswordForm, ResetForm, SignInForm

if TYPE_CHECKING:
    from accounts.models import User


class SignIn(auth_views.LoginView):
    """Signs a person in and returns them to the page they asked for, if it is one of ours."""

    authentication_form = SignInForm
    template_name = "accounts/login.html"
    redirect_authenticated_user = True

    def form_invalid(self, form: SignInForm) -> HttpResponse:  # type: ignore[override]
        """Show the form again; too many tries are 429."""
        answer = super().form_invalid(form)
        if form.has_error("__all__", TOO_MANY):
            answer.status_code = 429
        return answer


class SetPassword(auth_views.PasswordResetConfirmView):
    """Sets a password for somebody who came by a one-time link; the link is void afterwards."""

    form_class = ResetForm
    template_name = "accounts/set_password.html"
    success_url = reverse_lazy("accounts:login")

    def form_valid(self, form: ResetForm) -> HttpResponse:  # type: ignore[override]
        """Say so on the sign-in page that follows."""
        messages.success(self.request, _("The password was set. Sign in with it."))
        return super().form_valid(form)


sign_in = SignIn.as_view()
sign_out = auth_views.LogoutView.as_view()
set_password = SetPassword.as_view()


@login_required
@require_http_methods(["GET", "HEAD"])
def profile(request: HttpRequest) -> HttpResponse:
    """Show a person's own name and the form to change the password."""
    return _profile(request)


@login_required
@require_POST
def change_name(request: HttpRequest) -> HttpResponse:
    """Change the name the signed-in person goes by."""
    form = NameForm(request.POST)
    if not form.is_valid():
        return _profile(request, name_form=form)
    profiles.rename(_person(request), display_name=form.cleaned_data["display_name"])
    messages.success(request, _("The name was changed."))
    return redirect("accounts:profile")


@sensitive_post_parameters()
@login_required
@require_POST
def change_password(request: HttpRequest) -> HttpResponse:
    """Change the signed-in person's password; this session stays, all others end."""
    person = _person(request)
    form = PasswordForm(person, request.POST)
    if not form.is_valid():
        return _profile(request, password_form=form)
    profiles.change_password(person, password=form.cleaned_data["new_password1"])
    update_session_auth_hash(request, person)
    messages.success(request, _("The password was changed. Other sessions were signed out."))
    return redirect("accounts:profile")


def _person(request: HttpRequest) -> "User":
    return cast("User", request.user)


def _profile(
    request: HttpRequest,
    *,
    name_form: NameForm | None = None,
    password_form: PasswordForm | None = None,
) -> HttpResponse:
    person = _person(request)
    refused = name_form or password_form
    context = {
        "name_form": name_form or NameForm(initial={"display_name": person.display_name}),
        "password_form": password_form or PasswordForm(person),
    }
    return render(request, "accounts/profile.html", context, status=422 if refused else 200)
