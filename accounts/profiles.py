"""What people change about themselves.

Nobody else is concerned, so no entry is left: each entry already keeps the name its person had.
"""

from accounts.models import User


def rename(user: User, *, display_name: str) -> None:
    """Change the name a person goes by, from here on; earlier entries keep the earlier one."""
    user.display_name = display_name
    user.save(update_fields=["display_name"])


def change_password(user: User, *, password: str) -> None:
    """Set a person's password; every session signed in with the old one ends."""
    user.set_password(password)
    user.save(update_fields=["password"])
