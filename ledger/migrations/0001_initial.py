"""The ledger's tables, guards and privileges, in SQL: PostgreSQL itself refuses changes."""

from pathlib import Path

from django.db import migrations, models

import ledger.models.work

SQL = Path(__file__).parent / "sql"


def run(name: str) -> migrations.RunSQL:
    """Return the operation that runs one SQL file; the ledger's tables are never dropped."""
    return migrations.RunSQL((SQL / name).read_text(encoding="utf-8"), migrations.RunSQL.noop)


class Migration(migrations.Migration):
    initial = True

    # The grants cover every table that exists by then; later ones come by default privileges.
    dependencies = [("accounts", "0001_initial")]

    operations = [
        run("tables.sql"),
        run("guards.sql"),
        migrations.CreateModel(
            name="Checkpoint",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "ledger_id",
                        "size",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("ledger_id", models.UUIDField()),
                ("size", models.BigIntegerField()),
                ("note", models.BinaryField()),
            ],
            options={
                "db_table": "ledger_checkpoint",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Correction",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "ledger_id",
                        "seq",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("ledger_id", models.UUIDField()),
                ("seq", models.BigIntegerField()),
                ("correction_id", models.TextField()),
                ("decision_id", models.TextField()),
                ("decision_seq", models.BigIntegerField()),
                ("created_at", models.DateTimeField()),
                ("service", models.TextField()),
                ("decision_type", models.TextField()),
                ("made_type", models.TextField()),
                ("made_by", models.TextField()),
                ("reason_code", models.TextField(null=True)),
                ("superseded_seq", models.BigIntegerField(null=True)),
                ("superseded_by", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "ledger_correction",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Decision",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "ledger_id",
                        "seq",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("ledger_id", models.UUIDField()),
                ("seq", models.BigIntegerField()),
                ("decision_id", models.TextField()),
                ("created_at", models.DateTimeField()),
                ("service", models.TextField()),
                ("decision_type", models.TextField()),
                ("status", models.TextField()),
                ("provider", models.TextField(null=True)),
                ("model", models.TextField(null=True)),
                ("environment", models.TextField(null=True)),
                ("risk_tier", models.TextField(null=True)),
                ("origin", models.TextField(null=True)),
                ("result", models.TextField(null=True)),
                ("content_mode", models.TextField(null=True)),
                ("parent_id", models.TextField(null=True)),
                ("recorded_type", models.TextField()),
                ("recorded_id", models.TextField()),
                ("chain_hash", models.BinaryField()),
                ("content_hash", models.BinaryField(null=True)),
                ("verdict", models.TextField(null=True)),
                ("verdict_seq", models.BigIntegerField(null=True)),
                ("verdict_at", models.DateTimeField(null=True)),
                ("verdict_type", models.TextField(null=True)),
                ("verdict_by", models.TextField(null=True)),
                ("reason_code", models.TextField(null=True)),
                ("severity", models.TextField(null=True)),
                ("flag_seq", models.BigIntegerField(null=True)),
                ("flagged_at", models.DateTimeField(null=True)),
                ("reason_seq", models.BigIntegerField(null=True)),
                ("correction_seq", models.BigIntegerField(null=True)),
                ("correction_id", models.TextField(null=True)),
                ("corrections", models.IntegerField()),
                ("newest_seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "ledger_decision",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "ledger_id",
                        "seq",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("ledger_id", models.UUIDField()),
                ("seq", models.BigIntegerField()),
                ("leaf", models.BinaryField()),
                ("leaf_hash", models.BinaryField()),
                ("prev_hash", models.BinaryField()),
                ("kind", models.TextField()),
                ("t", models.DateTimeField()),
                ("rec", models.TextField(null=True)),
                ("rn", models.BigIntegerField(null=True)),
                ("src_id", models.TextField(null=True)),
                ("src_n", models.BigIntegerField(null=True)),
                ("mac", models.BinaryField()),
                ("mac_key", models.SmallIntegerField()),
            ],
            options={
                "db_table": "ledger_entry",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Erasure",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "ledger_id",
                        "digest",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("ledger_id", models.UUIDField()),
                ("digest", models.BinaryField()),
                ("seq", models.BigIntegerField()),
            ],
            options={
                "db_table": "ledger_erasure",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Ledger",
            fields=[
                ("ledger_id", models.UUIDField(primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("ordinal", models.SmallIntegerField()),
                ("origin", models.TextField(unique=True)),
                ("state", models.TextField()),
            ],
            options={
                "db_table": "ledger_ledger",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="NotaryState",
            fields=[
                ("ledger_id", models.UUIDField(primary_key=True, serialize=False)),
                ("size", models.BigIntegerField(null=True)),
                ("seen_at", models.DateTimeField(null=True)),
                ("alarm", models.TextField(null=True)),
                ("detail", models.TextField(null=True)),
            ],
            options={
                "db_table": "ledger_notary",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Part",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "ledger_id",
                        "seq",
                        "name",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("ledger_id", models.UUIDField()),
                ("seq", models.BigIntegerField()),
                ("name", models.TextField()),
                ("digest", models.BinaryField()),
                ("cls", models.TextField(db_column="class")),
                ("media", models.TextField()),
                ("state", models.TextField()),
                ("salt", models.BinaryField(null=True)),
                ("content", models.BinaryField(null=True)),
                ("erased_seq", models.BigIntegerField(null=True)),
            ],
            options={
                "db_table": "ledger_part",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Tile",
            fields=[
                (
                    "pk",
                    models.CompositePrimaryKey(
                        "ledger_id",
                        "level",
                        "n",
                        blank=True,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("ledger_id", models.UUIDField()),
                ("level", models.SmallIntegerField()),
                ("n", models.BigIntegerField()),
                ("hashes", models.BinaryField()),
                ("root", models.BinaryField()),
            ],
            options={
                "db_table": "ledger_tile",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Heartbeat",
            fields=[
                ("name", models.CharField(max_length=40, primary_key=True, serialize=False)),
                ("seen_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Job",
            fields=[
                (
                    "job_id",
                    models.CharField(
                        default=ledger.models.work.draw_job_id,
                        max_length=36,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("ledger_id", models.UUIDField()),
                ("kind", models.CharField(max_length=40)),
                ("state", models.CharField(default="queued", max_length=10)),
                ("actor", models.JSONField()),
                ("asked", models.JSONField(default=dict)),
                ("result", models.JSONField(null=True)),
                ("error", models.CharField(blank=True, default="", max_length=200)),
                ("message", models.CharField(blank=True, default="", max_length=200)),
                ("done", models.BigIntegerField(default=0)),
                ("total", models.BigIntegerField(null=True)),
                ("attempts", models.SmallIntegerField(default=0)),
                ("cancel_asked", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("started_at", models.DateTimeField(null=True)),
                ("heartbeat_at", models.DateTimeField(null=True)),
                ("finished_at", models.DateTimeField(null=True)),
            ],
            options={
                "indexes": [
                    models.Index(fields=["ledger_id", "-created_at"], name="ledger_job_by_ledger"),
                    models.Index(
                        condition=models.Q(("state__in", ("queued", "running"))),
                        fields=["state", "heartbeat_at"],
                        name="ledger_job_unfinished",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(
                            ("state__in", ("queued", "running", "succeeded", "failed", "cancelled"))
                        ),
                        name="ledger_job_state",
                    )
                ],
            },
        ),
        run("grants.sql"),
    ]
