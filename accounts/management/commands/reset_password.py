"""`manage.py reset_password EMAIL`: let a person set a password again.

Prints a one-time link for that person; with `--ask` the password is asked for here instead.
"""

import getpass
from argparse import ArgumentParser
from typing import Any

from django.conf import settings
from django.contrib.auth.password_validation import validate_password
from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.urls import reverse

from accounts import profiles, queries
from accounts.models import User


class Command(BaseCommand):
    """Prints a one-time link to set a password, or asks for the password."""

    help = "Print a one-time link with which a person sets a password."

    def add_arguments(self, parser: ArgumentParser) -> None:
        """Take the email address and `--ask`."""
        parser.add_argument("email")
        parser.add_argument("--ask", action="store_true", help="ask for the password here")

    def handle(self, *args: Any, **options: Any) -> None:  # noqa: ARG002  Django's signature
        """Print the link, or set what was typed."""
        person = queries.person_by_email(options["email"])
        if person is None:
            raise CommandError("Nobody here has this email address.")
        if options["ask"]:
            self._ask(person)
            return
        made = profiles.reset_token(person)
        address = reverse("accounts:set_password", args=(made.uid, made.token))
        days = settings.PASSWORD_RESET_TIMEOUT // 86_400
        self.stderr.write(f"The link works once, for {days} days.")
        self.stdout.write(f"{settings.PUBLIC_URL}{address}")

    def _ask(self, person: User) -> None:
        password = getpass.getpass("Password: ")
        try:
            validate_password(password, person)
        except ValidationError as fault:
            raise CommandError(" ".join(fault.messages)) from None
        if getpass.getpass("The same again: ") != password:
            raise CommandError("The two are not the same; nothing was changed.")
        profiles.change_password(person, password=password)
        self.stderr.write("The password was set.")
