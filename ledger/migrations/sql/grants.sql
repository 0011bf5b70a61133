-- Privileges of the four logins (docs/operations.md, "Roles"). Where the roles do not exist, one
-- role does everything and the readiness page says "roles not separated".
DO $$
DECLARE
  role text;
BEGIN
  FOREACH role IN ARRAY ARRAY['loopgrid_app', 'loopgrid_notary', 'loopgrid_eraser', 'loopgrid_auditor']
  LOOP
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = role) THEN
      RAISE NOTICE 'LoopGrid: role % does not exist; roles are not separated', role;
      RETURN;
    END IF;
  END LOOP;

  GRANT USAGE ON SCHEMA public TO loopgrid_app, loopgrid_notary, loopgrid_eraser, loopgrid_auditor;
  -- Working state and accounts belong to the application; the ledger's own tables follow below.
  GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO loopgrid_app;
  GRANT USAGE ON ALL SEQUENCES IN SCHEMA public TO loopgrid_app;
  ALTER DEFAULT PRIVILEGES IN SCHEMA public
    GRANT SELECT, INSERT, UPDATE, DELETE ON TABLES TO loopgrid_app;
  ALTER DEFAULT PRIVILEGES IN SCHEMA public GRANT USAGE ON SEQUENCES TO loopgrid_app;
  REVOKE UPDATE, DELETE ON ledger_entry, ledger_part, ledger_erasure, ledger_checkpoint, ledger_ledger
    FROM loopgrid_app;
  REVOKE INSERT, UPDATE, DELETE ON ledger_checkpoint, ledger_tile, ledger_notary FROM loopgrid_app;
  GRANT UPDATE (state) ON ledger_ledger TO loopgrid_app;

  GRANT SELECT ON ledger_ledger, ledger_entry, ledger_part, ledger_erasure, ledger_checkpoint,
    ledger_tile, ledger_notary, ledger_decision, ledger_correction, ledger_idempotency
    TO loopgrid_notary, loopgrid_eraser, loopgrid_auditor;
  GRANT INSERT ON ledger_entry, ledger_part, ledger_checkpoint, ledger_tile, ledger_notary
    TO loopgrid_notary;
  GRANT UPDATE ON ledger_notary, ledger_tile TO loopgrid_notary;
  GRANT UPDATE (state, salt, content, erased_seq) ON ledger_part TO loopgrid_eraser;
END $$;
