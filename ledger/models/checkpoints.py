"""What the notary publishes: signed checkpoints, tiles of the tree, its state for others to see."""

from __future__ import annotations

from django.db import models


class Checkpoint(models.Model):
    """A signed note "this ledger has `size` entries and this root"."""

    pk = models.CompositePrimaryKey("ledger_id", "size")
    ledger_id = models.UUIDField()
    size = models.BigIntegerField()
    note = models.BinaryField()

    class Meta:
        managed = False
        db_table = "ledger_checkpoint"

    def __str__(self) -> str:
        return f"checkpoint of {self.size} entries"


class Tile(models.Model):
    """A full tile of 256 hashes: a cache that the leaf hashes can rebuild."""

    pk = models.CompositePrimaryKey("ledger_id", "level", "n")
    ledger_id = models.UUIDField()
    level = models.SmallIntegerField()
    n = models.BigIntegerField()
    hashes = models.BinaryField()
    root = models.BinaryField()

    class Meta:
        managed = False
        db_table = "ledger_tile"

    def __str__(self) -> str:
        return f"tile {self.level}/{self.n}"


class NotaryState(models.Model):
    """What the notary last said about a ledger: the size it signed, when, and its alarm."""

    ledger_id = models.UUIDField(primary_key=True)
    size = models.BigIntegerField(null=True)
    seen_at = models.DateTimeField(null=True)
    alarm = models.TextField(null=True)  # noqa: DJ001  no alarm is null, so that "" cannot hide one
    detail = models.TextField(null=True)  # noqa: DJ001

    class Meta:
        managed = False
        db_table = "ledger_notary"

    def __str__(self) -> str:
        return self.alarm or "no alarm"
