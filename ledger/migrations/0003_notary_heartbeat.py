"""The notary may say that it lives: the one table of working state that it writes."""

from django.db import migrations

SQL = """
DO $$
BEGIN
  IF EXISTS (SELECT FROM pg_roles WHERE rolname = 'loopgrid_notary') THEN
    GRANT SELECT, INSERT, UPDATE ON ledger_heartbeat TO loopgrid_notary;
  END IF;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("ledger", "0002_reading")]

    operations = [migrations.RunSQL(SQL, migrations.RunSQL.noop)]
