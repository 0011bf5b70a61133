"""The tables of people, roles, keys and workspaces; no verbs.

No ledger table points here: what an entry says about a person was sealed with it, and renaming or
removing the person changes nothing later.
"""

from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser, BaseUserManager
from django.contrib.auth.models import PermissionsMixin
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Lower
from django.utils import timezone

from accounts import ids
from accounts.roles import ROLES

SLUG = r"^[a-z0-9][a-z0-9-]*$"


class Workspace(models.Model):
    """A tenant: it has members, keys and exactly one open ledger."""

    id = models.UUIDField(primary_key=True, default=ids.draw_uuid, editable=False)
    slug = models.CharField(max_length=63, unique=True)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (
            models.CheckConstraint(condition=Q(slug__regex=SLUG), name="accounts_workspace_slug"),
        )

    def __str__(self) -> str:
        return self.slug


class People(BaseUserManager["User"]):
    """Finds people by email address in any case."""

    def get_by_natural_key(self, username: str | None) -> "User":
        """Return the person with this email address; case does not matter."""
        return self.get(email=(username or "").strip().lower())


class User(AbstractBaseUser, PermissionsMixin):
    """A person. The email address is the login name and is kept in lower case."""

    public_id = models.CharField(
        max_length=36, unique=True, default=ids.draw_user_id, editable=False
    )
    email = models.EmailField(max_length=254, unique=True)
    display_name = models.CharField(max_length=200)
    is_active = models.BooleanField(default=True)
    is_staff = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now, editable=False)

    objects: ClassVar[People] = People()

    USERNAME_FIELD = "email"
    EMAIL_FIELD = "email"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["display_name"]

    class Meta:
        constraints = (
            # Lower case in the row itself, so that the plain unique index answers for any spelling.
            models.CheckConstraint(
                condition=Q(email=Lower(F("email"))), name="accounts_user_email_lower"
            ),
        )

    def __str__(self) -> str:
        return self.display_name or self.email

    def get_full_name(self) -> str:
        """Return the name the person goes by."""
        return self.display_name


class Membership(models.Model):
    """A person's role in a workspace; None as `expires_at` means until revoked."""

    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="memberships")
    user = models.ForeignKey(User, on_delete=models.PROTECT, related_name="memberships")
    role = models.CharField(max_length=20)
    expires_at = models.DateTimeField(null=True, blank=True)
    granted_at = models.DateTimeField(default=timezone.now, editable=False)

    class Meta:
        constraints = (
            models.UniqueConstraint(
                fields=("workspace", "user", "role"), name="accounts_membership_once"
            ),
            models.CheckConstraint(condition=Q(role__in=ROLES), name="accounts_membership_role"),
            models.CheckConstraint(
                condition=~Q(role="auditor") | Q(expires_at__isnull=False),
                name="accounts_membership_auditor_expires",
            ),
        )

    def __str__(self) -> str:
        return f"{self.user} as {self.role} in {self.workspace}"


class ApiKey(models.Model):
    """A key: its digest and shown prefix, never the key itself.

    Without `owner` it is a service key; with one it acts as that person, within scopes and
    roles. An empty list of services means every service of the workspace.
    """

    public_id = models.CharField(
        primary_key=True, max_length=36, default=ids.draw_key_id, editable=False
    )
    workspace = models.ForeignKey(Workspace, on_delete=models.PROTECT, related_name="keys")
    owner = models.ForeignKey(
        User, null=True, blank=True, on_delete=models.PROTECT, related_name="keys"
    )
    name = models.CharField(max_length=200)
    prefix = models.CharField(max_length=20)
    digest = models.BinaryField(unique=True, max_length=32)
    scopes = ArrayField(models.CharField(max_length=20))
    services = ArrayField(models.CharField(max_length=200), default=list)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)
    replaced_by = models.OneToOneField(
        "self", null=True, blank=True, on_delete=models.PROTECT, related_name="replaces"
    )
    created_by = models.CharField(max_length=36)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    last_used_at = models.DateTimeField(null=True, blank=True)
    rate = models.JSONField(null=True, blank=True)

    class Meta:
        indexes = (
            models.Index(fields=("workspace", "-created_at"), name="accounts_key_by_workspace"),
        )

    def __str__(self) -> str:
        return f"{self.name} ({self.prefix}…)"


class SetupLink(models.Model):
    """A one-time link to the set-up page; only the SHA-256 of its token is kept."""

    digest = models.BinaryField(unique=True, max_length=32)
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    used_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"set-up link of {self.created_at:%Y-%m-%d %H:%M}"
