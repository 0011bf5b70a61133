"""What people change about themselves.

Nobody else is concerned, so no entry is left: each entry already keeps the name its person had.
"""

from dataclasses import dataclass, field

from django.contrib.auth.tokens import default_token_generator
from django.utils.encoding import force_bytes
from django.utils.http import urlsafe_base64_encode

from accounts.models import User


def rename(user: User, *, display_name: str) -> None:
    """Change the name a person goes by, from here on; earlier entries keep the earlier one."""
    user.display_name = display_name
    user.save(update_fields=["display_name"])


def change_password(user: User, *, password: str) -> None:
    """Set a person's password; every session signed in with the old one ends."""
    user.set_password(password)
    user.save(update_fields=["password"])


@dataclass(frozen=True, slots=True)
class ResetToken:
    """What a one-time link carries: who, and the proof, which a changed password makes void."""

    uid: str
    token: str = field(repr=False)


def reset_token(user: User) -> ResetToken:
    """Return the two halves of a one-time link to set a password; void after use or some days."""
    uid = urlsafe_base64_encode(force_bytes(user.pk))
    return ResetToken(uid, default_token_generator.make_token(user))
