"""Views for Django's admin, which shows the ledger and changes nothing."""

from pathlib import Path

from django.db import migrations, models

SQL = Path(__file__).parent / "sql" / "admin_rows.sql"


class Migration(migrations.Migration):
    dependencies = [("accounts", "0001_initial"), ("ledger", "0003_notary_heartbeat")]

    operations = [
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), migrations.RunSQL.noop),
        migrations.CreateModel(
            name="CheckpointRow",
            fields=[
                ("key", models.TextField(primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("workspace", models.TextField()),
                ("ledger_id", models.UUIDField()),
                ("seq", models.BigIntegerField(verbose_name="number")),
                ("note", models.TextField()),
            ],
            options={
                "verbose_name": "checkpoint",
                "db_table": "ledger_admin_checkpoint",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="DecisionRow",
            fields=[
                ("key", models.TextField(primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("workspace", models.TextField()),
                ("ledger_id", models.UUIDField()),
                ("seq", models.BigIntegerField(verbose_name="number")),
                ("decision_id", models.TextField()),
                ("created_at", models.DateTimeField(verbose_name="recorded at")),
                ("service", models.TextField()),
                ("decision_type", models.TextField()),
                ("status", models.TextField()),
                ("provider", models.TextField(null=True)),
                ("model", models.TextField(null=True)),
                ("environment", models.TextField(null=True)),
                ("risk_tier", models.TextField(null=True)),
                ("origin", models.TextField(null=True)),
                ("verdict", models.TextField(null=True)),
                ("verdict_at", models.DateTimeField(null=True)),
                ("verdict_by", models.TextField(null=True)),
                ("reason_code", models.TextField(null=True)),
                ("corrections", models.IntegerField()),
                ("newest_seq", models.BigIntegerField(verbose_name="newest entry")),
                ("chain_hash", models.TextField()),
                ("content_hash", models.TextField(null=True)),
            ],
            options={
                "verbose_name": "decision",
                "db_table": "ledger_admin_decision",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="EntryRow",
            fields=[
                ("key", models.TextField(primary_key=True, serialize=False)),
                ("workspace_id", models.UUIDField()),
                ("workspace", models.TextField()),
                ("ledger_id", models.UUIDField()),
                ("seq", models.BigIntegerField(verbose_name="number")),
                ("kind", models.TextField()),
                ("recorded_at", models.DateTimeField()),
                ("decision_id", models.TextField(null=True)),
                ("leaf_hash", models.TextField()),
                ("prev_hash", models.TextField(verbose_name="hash of the entry before")),
                ("leaf", models.TextField(verbose_name="header")),
            ],
            options={
                "verbose_name": "entry",
                "verbose_name_plural": "entries",
                "db_table": "ledger_admin_entry",
                "managed": False,
            },
        ),
    ]
