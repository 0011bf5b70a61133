"""The evidence: ledgers, entries, parts and the digests of erased parts."""

from __future__ import annotations

from django.db import models


class Ledger(models.Model):
    """One append-only list of entries; a workspace has exactly one open ledger."""

    ledger_id = models.UUIDField(primary_key=True)
    workspace_id = models.UUIDField()
    ordinal = models.SmallIntegerField()
    origin = models.TextField(unique=True)
    state = models.TextField()

    class Meta:
        managed = False
        db_table = "ledger_ledger"

    def __str__(self) -> str:
        return self.origin


class Entry(models.Model):
    """One fact. `leaf` is the evidence; every other column is a copy for an index."""

    pk = models.CompositePrimaryKey("ledger_id", "seq")
    ledger_id = models.UUIDField()
    seq = models.BigIntegerField()
    leaf = models.BinaryField()
    leaf_hash = models.BinaryField()
    prev_hash = models.BinaryField()
    kind = models.TextField()
    t = models.DateTimeField()
    rec = models.TextField(null=True)  # noqa: DJ001  an entry without a record has none, not ""
    rn = models.BigIntegerField(null=True)
    src_id = models.TextField(null=True)  # noqa: DJ001
    src_n = models.BigIntegerField(null=True)
    mac = models.BinaryField()
    mac_key = models.SmallIntegerField()

    class Meta:
        managed = False
        db_table = "ledger_entry"

    def __str__(self) -> str:
        return f"#{self.seq} {self.kind}"


class Part(models.Model):
    """A salted piece of content that an entry commits to; salt and content go when erased."""

    pk = models.CompositePrimaryKey("ledger_id", "seq", "name")
    ledger_id = models.UUIDField()
    seq = models.BigIntegerField()
    name = models.TextField()
    digest = models.BinaryField()
    cls = models.TextField(db_column="class")
    media = models.TextField()
    state = models.TextField()
    salt = models.BinaryField(null=True)
    content = models.BinaryField(null=True)
    erased_seq = models.BigIntegerField(null=True)

    class Meta:
        managed = False
        db_table = "ledger_part"

    def __str__(self) -> str:
        return f"#{self.seq} {self.name}"


class Erasure(models.Model):
    """A digest that a tombstone entry names."""

    pk = models.CompositePrimaryKey("ledger_id", "digest")
    ledger_id = models.UUIDField()
    digest = models.BinaryField()
    seq = models.BigIntegerField()

    class Meta:
        managed = False
        db_table = "ledger_erasure"

    def __str__(self) -> str:
        return f"erased by #{self.seq}"
