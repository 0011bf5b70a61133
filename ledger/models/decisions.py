"""Read models of decisions and corrections: folds over entries, rebuilt at any time."""

from __future__ import annotations

from django.db import models


class Decision(models.Model):
    """Where a decision stands: the fold of its entries (`ledger.states`), one row each."""

    pk = models.CompositePrimaryKey("ledger_id", "seq")
    ledger_id = models.UUIDField()
    seq = models.BigIntegerField()
    decision_id = models.TextField()
    created_at = models.DateTimeField()
    service = models.TextField()
    decision_type = models.TextField()
    status = models.TextField()
    provider = models.TextField(null=True)  # noqa: DJ001  null is "unknown" in this whole table
    model = models.TextField(null=True)  # noqa: DJ001
    environment = models.TextField(null=True)  # noqa: DJ001
    risk_tier = models.TextField(null=True)  # noqa: DJ001
    origin = models.TextField(null=True)  # noqa: DJ001
    result = models.TextField(null=True)  # noqa: DJ001
    content_mode = models.TextField(null=True)  # noqa: DJ001
    parent_id = models.TextField(null=True)  # noqa: DJ001
    recorded_type = models.TextField()
    recorded_id = models.TextField()
    chain_hash = models.BinaryField()
    content_hash = models.BinaryField(null=True)
    verdict = models.TextField(null=True)  # noqa: DJ001
    verdict_seq = models.BigIntegerField(null=True)
    verdict_at = models.DateTimeField(null=True)
    verdict_type = models.TextField(null=True)  # noqa: DJ001
    verdict_by = models.TextField(null=True)  # noqa: DJ001
    reason_code = models.TextField(null=True)  # noqa: DJ001
    severity = models.TextField(null=True)  # noqa: DJ001
    flag_seq = models.BigIntegerField(null=True)
    flagged_at = models.DateTimeField(null=True)
    reason_seq = models.BigIntegerField(null=True)
    correction_seq = models.BigIntegerField(null=True)
    correction_id = models.TextField(null=True)  # noqa: DJ001
    corrections = models.IntegerField()
    newest_seq = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "ledger_decision"

    def __str__(self) -> str:
        return f"#{self.seq} {self.service}"


class Correction(models.Model):
    """A correction and whether another one superseded it."""

    pk = models.CompositePrimaryKey("ledger_id", "seq")
    ledger_id = models.UUIDField()
    seq = models.BigIntegerField()
    correction_id = models.TextField()
    decision_id = models.TextField()
    decision_seq = models.BigIntegerField()
    created_at = models.DateTimeField()
    service = models.TextField()
    decision_type = models.TextField()
    made_type = models.TextField()
    made_by = models.TextField()
    reason_code = models.TextField(null=True)  # noqa: DJ001
    superseded_seq = models.BigIntegerField(null=True)
    superseded_by = models.BigIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "ledger_correction"

    def __str__(self) -> str:
        return self.correction_id
