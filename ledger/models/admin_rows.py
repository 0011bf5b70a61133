"""What Django's admin shows: views with a text key, because it takes no composite one.

Nothing is ever written through them; `ledger.admin` offers no form that could.
"""

from __future__ import annotations

from django.db import models


class AdminRow(models.Model):
    """A row of the open ledger of a workspace; `seq` is its number there."""

    key = models.TextField(primary_key=True)
    workspace_id = models.UUIDField()
    workspace = models.TextField()
    ledger_id = models.UUIDField()
    seq = models.BigIntegerField(verbose_name="number")

    class Meta:
        abstract = True

    def __str__(self) -> str:
        return self.key


class EntryRow(AdminRow):
    """An entry: its header as it was sealed."""

    kind = models.TextField()
    recorded_at = models.DateTimeField()
    decision_id = models.TextField(null=True)  # noqa: DJ001  the view's null is "none"
    leaf_hash = models.TextField()
    prev_hash = models.TextField(verbose_name="hash of the entry before")
    leaf = models.TextField(verbose_name="header")

    class Meta:
        managed = False
        db_table = "ledger_admin_entry"
        verbose_name = "entry"
        verbose_name_plural = "entries"


class DecisionRow(AdminRow):
    """A decision and where it stands."""

    decision_id = models.TextField()
    created_at = models.DateTimeField(verbose_name="recorded at")
    service = models.TextField()
    decision_type = models.TextField()
    status = models.TextField()
    provider = models.TextField(null=True)  # noqa: DJ001
    model = models.TextField(null=True)  # noqa: DJ001
    environment = models.TextField(null=True)  # noqa: DJ001
    risk_tier = models.TextField(null=True)  # noqa: DJ001
    origin = models.TextField(null=True)  # noqa: DJ001
    verdict = models.TextField(null=True)  # noqa: DJ001
    verdict_at = models.DateTimeField(null=True)
    verdict_by = models.TextField(null=True)  # noqa: DJ001
    reason_code = models.TextField(null=True)  # noqa: DJ001
    corrections = models.IntegerField()
    newest_seq = models.BigIntegerField(verbose_name="newest entry")
    chain_hash = models.TextField()
    content_hash = models.TextField(null=True)  # noqa: DJ001

    class Meta:
        managed = False
        db_table = "ledger_admin_decision"
        verbose_name = "decision"


class CheckpointRow(AdminRow):
    """A signed checkpoint; its number is the size of the ledger it covers."""

    note = models.TextField()

    class Meta:
        managed = False
        db_table = "ledger_admin_checkpoint"
        verbose_name = "checkpoint"
