-- What lists and search read. All of it follows the ledger and is rebuilt from it; none is evidence.

-- How far each follower has read; a follower moves its row in the act that keeps what it read.
CREATE TABLE ledger_cursor (
  ledger_id uuid NOT NULL, name text NOT NULL, seq bigint NOT NULL, moved_at timestamptz NOT NULL,
  PRIMARY KEY (ledger_id, name));

-- Counters of decisions per block of entry numbers, and the status under which a decision is counted
-- where that is not `recorded`.
CREATE TABLE ledger_count (
  ledger_id uuid NOT NULL, block bigint NOT NULL, service text NOT NULL, decision_type text NOT NULL,
  status text NOT NULL, n bigint NOT NULL,
  PRIMARY KEY (ledger_id, block, service, decision_type, status));
CREATE TABLE ledger_counted (
  ledger_id uuid NOT NULL, seq bigint NOT NULL, status text NOT NULL, PRIMARY KEY (ledger_id, seq));

-- Copies of content to search in: no U+0000, and gone when their part is erased. COLLATE "C", so that
-- an index answers for the beginning of a name too.
CREATE TABLE ledger_search (
  ledger_id uuid NOT NULL, seq bigint NOT NULL, release text COLLATE "C", session text COLLATE "C",
  template text COLLATE "C", subject text COLLATE "C", body tsvector NOT NULL,
  PRIMARY KEY (ledger_id, seq));
CREATE INDEX ledger_search_release ON ledger_search (ledger_id, release, seq DESC)
  WHERE release IS NOT NULL;
CREATE INDEX ledger_search_session ON ledger_search (ledger_id, session, seq DESC)
  WHERE session IS NOT NULL;
CREATE INDEX ledger_search_template ON ledger_search (ledger_id, template, seq DESC)
  WHERE template IS NOT NULL;
CREATE INDEX ledger_search_subject ON ledger_search (ledger_id, subject, seq DESC)
  WHERE subject IS NOT NULL;
CREATE INDEX ledger_search_body ON ledger_search USING gin (body);

-- Who acted on which decision, in any entry of its record.
CREATE TABLE ledger_acted (
  ledger_id uuid NOT NULL, actor_id text NOT NULL, seq bigint NOT NULL,
  PRIMARY KEY (ledger_id, actor_id, seq));

-- Partial wherever most decisions have no value: recording does not pay for them.
CREATE INDEX ledger_decision_model ON ledger_decision (ledger_id, model, seq DESC)
  WHERE model IS NOT NULL;
CREATE INDEX ledger_decision_provider ON ledger_decision (ledger_id, provider, seq DESC)
  WHERE provider IS NOT NULL;
CREATE INDEX ledger_decision_environment ON ledger_decision (ledger_id, environment, seq DESC)
  WHERE environment IS NOT NULL;
CREATE INDEX ledger_decision_risk ON ledger_decision (ledger_id, risk_tier, seq DESC)
  WHERE risk_tier IS NOT NULL;
CREATE INDEX ledger_decision_verdict ON ledger_decision (ledger_id, verdict, seq DESC)
  WHERE verdict IS NOT NULL;
CREATE INDEX ledger_decision_reason ON ledger_decision (ledger_id, reason_code, seq DESC)
  WHERE reason_code IS NOT NULL;
CREATE INDEX ledger_decision_moved ON ledger_decision (ledger_id, newest_seq)
  WHERE newest_seq <> seq;

-- The first entry at or after a moment; the size of the ledger when there is none. Times never run
-- back and numbers have no gaps, so halving finds it without an index on time.
CREATE FUNCTION ledger_seq_at(ledger uuid, moment timestamptz) RETURNS bigint
  LANGUAGE plpgsql STABLE AS $$
DECLARE
  low bigint := 0;
  high bigint;
  middle bigint;
  found timestamptz;
BEGIN
  SELECT coalesce(max(seq) + 1, 0) INTO high FROM ledger_entry WHERE ledger_id = ledger;
  WHILE low < high LOOP
    middle := (low + high) / 2;
    SELECT t INTO found FROM ledger_entry WHERE ledger_id = ledger AND seq = middle;
    IF found < moment THEN low := middle + 1; ELSE high := middle; END IF;
  END LOOP;
  RETURN low;
END $$;
