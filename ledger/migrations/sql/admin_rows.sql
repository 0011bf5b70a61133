-- Rows for Django's admin, which wants one key per row: `acme/48213` is entry 48213 of the open ledger
-- of workspace acme. Read only; content stays out.
-- Damaged bytes are shown escaped: a row that is no text must not hide its neighbours.
CREATE FUNCTION ledger_shown(stored bytea) RETURNS text LANGUAGE plpgsql IMMUTABLE AS $$
BEGIN
  RETURN convert_from(stored, 'UTF8');
EXCEPTION WHEN OTHERS THEN
  RETURN encode(stored, 'escape');
END $$;

CREATE VIEW ledger_admin_entry AS
SELECT w.slug || '/' || e.seq AS key, l.workspace_id, w.slug AS workspace, e.ledger_id, e.seq,
  e.kind, e.t AS recorded_at, e.rec AS decision_id, encode(e.leaf_hash, 'hex') AS leaf_hash,
  encode(e.prev_hash, 'hex') AS prev_hash, ledger_shown(e.leaf) AS leaf
FROM ledger_entry e
  JOIN ledger_ledger l ON l.ledger_id = e.ledger_id AND l.state = 'open'
  JOIN accounts_workspace w ON w.id = l.workspace_id;

CREATE VIEW ledger_admin_decision AS
SELECT w.slug || '/' || d.seq AS key, l.workspace_id, w.slug AS workspace, d.ledger_id, d.seq,
  d.decision_id, d.created_at, d.service, d.decision_type, d.status, d.provider, d.model,
  d.environment, d.risk_tier, d.origin, d.verdict, d.verdict_at, d.verdict_by, d.reason_code,
  d.corrections, d.newest_seq, encode(d.chain_hash, 'hex') AS chain_hash,
  encode(d.content_hash, 'hex') AS content_hash
FROM ledger_decision d
  JOIN ledger_ledger l ON l.ledger_id = d.ledger_id AND l.state = 'open'
  JOIN accounts_workspace w ON w.id = l.workspace_id;

CREATE VIEW ledger_admin_checkpoint AS
SELECT w.slug || '/' || c.size AS key, l.workspace_id, w.slug AS workspace, c.ledger_id,
  c.size AS seq, ledger_shown(c.note) AS note
FROM ledger_checkpoint c
  JOIN ledger_ledger l ON l.ledger_id = c.ledger_id AND l.state = 'open'
  JOIN accounts_workspace w ON w.id = l.workspace_id;
