"""Tables that lists and search read: they follow the ledger and are rebuilt from it."""

from pathlib import Path

from django.db import migrations

SQL = Path(__file__).parent / "sql" / "reading.sql"


class Migration(migrations.Migration):
    dependencies = [("ledger", "0001_initial")]

    operations = [
        migrations.RunSQL(SQL.read_text(encoding="utf-8"), migrations.RunSQL.noop),
    ]
