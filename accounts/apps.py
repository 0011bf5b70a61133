"""The Django application `accounts`."""

from django.apps import AppConfig


class AccountsConfig(AppConfig):
    """People, roles, keys and workspaces."""

    default_auto_field = "django.db.models.BigAutoField"
    name = "accounts"
    verbose_name = "People and keys"
