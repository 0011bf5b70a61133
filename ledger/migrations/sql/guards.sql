-- What PostgreSQL itself refuses. Guards stop accidents and a careless hand; they are no proof: a
-- superuser can lift them, and verification is what notices.
CREATE FUNCTION ledger_refuse() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  RAISE EXCEPTION 'LoopGrid: % on % is refused: the ledger is append-only', TG_OP, TG_TABLE_NAME
    USING ERRCODE = '42501';
END $$;

CREATE FUNCTION ledger_entry_links() RETURNS trigger LANGUAGE plpgsql
  SET enable_seqscan = off AS $$
DECLARE bad bigint;
BEGIN
  SELECT n.seq INTO bad FROM added n WHERE CASE
    WHEN n.seq = 0 THEN n.prev_hash <> decode(repeat('00', 32), 'hex')
    ELSE NOT EXISTS (SELECT FROM ledger_entry p WHERE p.ledger_id = n.ledger_id
      AND p.seq = n.seq - 1 AND p.leaf_hash = n.prev_hash) END
    ORDER BY n.seq LIMIT 1;
  IF bad IS NOT NULL THEN
    RAISE EXCEPTION 'LoopGrid: entry % does not follow the entry before it', bad
      USING ERRCODE = '23514';
  END IF;
  RETURN NULL;
END $$;

CREATE FUNCTION ledger_part_erasure() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'present' AND NEW.state = 'erased'
    AND NEW.salt IS NULL AND NEW.content IS NULL
    AND (NEW.ledger_id, NEW.seq, NEW.name, NEW.digest, NEW.class, NEW.media)
      = (OLD.ledger_id, OLD.seq, OLD.name, OLD.digest, OLD.class, OLD.media)
    AND EXISTS (SELECT FROM ledger_erasure e WHERE e.ledger_id = OLD.ledger_id
      AND e.digest = OLD.digest AND e.seq = NEW.erased_seq)
    AND EXISTS (SELECT FROM ledger_checkpoint c WHERE c.ledger_id = OLD.ledger_id
      AND c.size > NEW.erased_seq)
  THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'LoopGrid: a part changes only by a sealed erasure' USING ERRCODE = '42501';
END $$;

CREATE FUNCTION ledger_ledger_closing() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
  IF OLD.state = 'open' AND NEW.state = 'closed'
    AND (NEW.ledger_id, NEW.workspace_id, NEW.ordinal, NEW.origin)
      = (OLD.ledger_id, OLD.workspace_id, OLD.ordinal, OLD.origin)
  THEN RETURN NEW; END IF;
  RAISE EXCEPTION 'LoopGrid: a ledger changes only from open to closed' USING ERRCODE = '42501';
END $$;

CREATE TRIGGER ledger_links AFTER INSERT ON ledger_entry
  REFERENCING NEW TABLE AS added FOR EACH STATEMENT EXECUTE FUNCTION ledger_entry_links();
CREATE TRIGGER ledger_fixed BEFORE UPDATE OR DELETE ON ledger_entry
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_fixed BEFORE UPDATE OR DELETE ON ledger_checkpoint
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_fixed BEFORE UPDATE OR DELETE ON ledger_erasure
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_fixed BEFORE DELETE ON ledger_ledger
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_closing BEFORE UPDATE ON ledger_ledger
  FOR EACH ROW EXECUTE FUNCTION ledger_ledger_closing();
CREATE TRIGGER ledger_fixed BEFORE DELETE ON ledger_part
  FOR EACH ROW EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_erasing BEFORE UPDATE ON ledger_part
  FOR EACH ROW EXECUTE FUNCTION ledger_part_erasure();

CREATE TRIGGER ledger_kept BEFORE TRUNCATE ON ledger_entry
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_kept BEFORE TRUNCATE ON ledger_part
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_kept BEFORE TRUNCATE ON ledger_checkpoint
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_kept BEFORE TRUNCATE ON ledger_erasure
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();
CREATE TRIGGER ledger_kept BEFORE TRUNCATE ON ledger_ledger
  FOR EACH STATEMENT EXECUTE FUNCTION ledger_refuse();

-- ALWAYS: they also fire under session_replication_role = replica.
ALTER TABLE ledger_entry ENABLE ALWAYS TRIGGER ledger_links;
ALTER TABLE ledger_entry ENABLE ALWAYS TRIGGER ledger_fixed;
ALTER TABLE ledger_entry ENABLE ALWAYS TRIGGER ledger_kept;
ALTER TABLE ledger_checkpoint ENABLE ALWAYS TRIGGER ledger_fixed;
ALTER TABLE ledger_checkpoint ENABLE ALWAYS TRIGGER ledger_kept;
ALTER TABLE ledger_erasure ENABLE ALWAYS TRIGGER ledger_fixed;
ALTER TABLE ledger_erasure ENABLE ALWAYS TRIGGER ledger_kept;
ALTER TABLE ledger_ledger ENABLE ALWAYS TRIGGER ledger_fixed;
ALTER TABLE ledger_ledger ENABLE ALWAYS TRIGGER ledger_closing;
ALTER TABLE ledger_ledger ENABLE ALWAYS TRIGGER ledger_kept;
ALTER TABLE ledger_part ENABLE ALWAYS TRIGGER ledger_fixed;
ALTER TABLE ledger_part ENABLE ALWAYS TRIGGER ledger_erasing;
ALTER TABLE ledger_part ENABLE ALWAYS TRIGGER ledger_kept;
