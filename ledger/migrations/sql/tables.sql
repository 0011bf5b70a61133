-- The tables of the ledger (docs/format.md). Every key begins with the ledger; columns beside
-- `leaf` are copies for indexes, and one that disagrees with the leaf is reported as damage.
CREATE TABLE ledger_ledger (
  ledger_id uuid PRIMARY KEY, workspace_id uuid NOT NULL, ordinal smallint NOT NULL,
  origin text NOT NULL UNIQUE, state text NOT NULL CHECK (state IN ('open', 'closed')),
  UNIQUE (workspace_id, ordinal));
CREATE UNIQUE INDEX ledger_one_open ON ledger_ledger (workspace_id) WHERE state = 'open';

CREATE TABLE ledger_entry (
  ledger_id uuid NOT NULL, seq bigint NOT NULL CHECK (seq >= 0),
  leaf bytea NOT NULL CHECK (octet_length(leaf) BETWEEN 2 AND 65535),
  leaf_hash bytea NOT NULL CHECK (leaf_hash = sha256('\x00'::bytea || leaf)),
  prev_hash bytea NOT NULL CHECK (octet_length(prev_hash) = 32),
  kind text NOT NULL, t timestamptz NOT NULL, rec text, rn bigint, src_id text, src_n bigint,
  mac bytea NOT NULL CHECK (octet_length(mac) = 32), mac_key smallint NOT NULL,
  PRIMARY KEY (ledger_id, seq), UNIQUE (ledger_id, rec, rn), UNIQUE (ledger_id, src_id, src_n),
  CHECK ((rec IS NULL) = (rn IS NULL)), CHECK ((src_id IS NULL) = (src_n IS NULL)));
-- The rare kinds are looked up by name: keys, settings, verifications, exports, disowned entries.
CREATE INDEX ledger_entry_rare ON ledger_entry (ledger_id, kind, seq) WHERE rec IS NULL;
ALTER TABLE ledger_entry ALTER leaf SET STORAGE EXTERNAL;
ALTER TABLE ledger_entry SET (toast_tuple_target = 8160);

-- Content is kept as it came; PostgreSQL's own compression would cost more on every write and
-- read than it saves on rows of a few kilobytes.
CREATE TABLE ledger_part (
  ledger_id uuid NOT NULL, seq bigint NOT NULL, name text NOT NULL,
  digest bytea NOT NULL CHECK (octet_length(digest) = 32),
  class text NOT NULL CHECK (class IN ('n', 'p', 's')), media text NOT NULL,
  state text NOT NULL DEFAULT 'present', salt bytea, content bytea, erased_seq bigint,
  PRIMARY KEY (ledger_id, seq, name), UNIQUE (ledger_id, digest), CHECK (
    (state = 'present' AND octet_length(salt) = 32 AND content IS NOT NULL AND erased_seq IS NULL
      AND digest = sha256('\x6c6f6f70677269642e706172742f76310a'::bytea || salt || content))
    OR (state = 'erased' AND salt IS NULL AND content IS NULL AND erased_seq IS NOT NULL)));
ALTER TABLE ledger_part ALTER content SET STORAGE EXTERNAL;
ALTER TABLE ledger_part SET (toast_tuple_target = 8160);

CREATE TABLE ledger_checkpoint (
  ledger_id uuid NOT NULL, size bigint NOT NULL CHECK (size > 0), note bytea NOT NULL,
  PRIMARY KEY (ledger_id, size));
CREATE TABLE ledger_erasure (
  ledger_id uuid NOT NULL, digest bytea NOT NULL, seq bigint NOT NULL, PRIMARY KEY (ledger_id, digest));
-- Full tiles only; a cache that can be rebuilt from the leaf hashes.
CREATE TABLE ledger_tile (
  ledger_id uuid NOT NULL, level smallint NOT NULL, n bigint NOT NULL,
  hashes bytea NOT NULL CHECK (octet_length(hashes) = 8192), root bytea NOT NULL,
  PRIMARY KEY (ledger_id, level, n));
CREATE TABLE ledger_idempotency (
  ledger_id uuid NOT NULL, actor text NOT NULL, key text NOT NULL, request bytea NOT NULL, seq bigint,
  result text, expires_at timestamptz NOT NULL, PRIMARY KEY (ledger_id, actor, key));
CREATE INDEX ledger_idempotency_expiry ON ledger_idempotency (expires_at);
CREATE TABLE ledger_notary (
  ledger_id uuid PRIMARY KEY, size bigint, seen_at timestamptz, alarm text, detail text);

-- Projections: rebuilt from the entries at any time, compared with them every night.
CREATE TABLE ledger_decision (
  ledger_id uuid NOT NULL, seq bigint NOT NULL, decision_id text NOT NULL,
  created_at timestamptz NOT NULL, service text NOT NULL, decision_type text NOT NULL,
  status text NOT NULL CHECK (status IN ('recorded', 'incorrect', 'corrected')),
  provider text, model text, environment text, risk_tier text, origin text, result text,
  content_mode text, parent_id text, recorded_type text NOT NULL, recorded_id text NOT NULL,
  chain_hash bytea NOT NULL, content_hash bytea,
  verdict text CHECK (verdict IN ('confirmed', 'incorrect', 'corrected')), verdict_seq bigint,
  verdict_at timestamptz, verdict_type text, verdict_by text, reason_code text, severity text,
  flag_seq bigint, flagged_at timestamptz, reason_seq bigint,
  correction_seq bigint, correction_id text, corrections integer NOT NULL DEFAULT 0,
  newest_seq bigint NOT NULL,
  PRIMARY KEY (ledger_id, seq), UNIQUE (ledger_id, decision_id));
ALTER TABLE ledger_decision SET (fillfactor = 85);
CREATE INDEX ledger_decision_service ON ledger_decision (ledger_id, service, seq DESC);
CREATE INDEX ledger_decision_type ON ledger_decision (ledger_id, decision_type, seq DESC);
CREATE INDEX ledger_decision_open ON ledger_decision (ledger_id, status, seq DESC)
  WHERE status <> 'recorded';
CREATE INDEX ledger_decision_hash ON ledger_decision (ledger_id, content_hash);
CREATE INDEX ledger_decision_chain ON ledger_decision (ledger_id, chain_hash);

CREATE TABLE ledger_correction (
  ledger_id uuid NOT NULL, seq bigint NOT NULL, correction_id text NOT NULL,
  decision_id text NOT NULL, decision_seq bigint NOT NULL, created_at timestamptz NOT NULL,
  service text NOT NULL, decision_type text NOT NULL, made_type text NOT NULL, made_by text NOT NULL,
  reason_code text, superseded_seq bigint, superseded_by bigint,
  PRIMARY KEY (ledger_id, seq), UNIQUE (ledger_id, correction_id));
CREATE INDEX ledger_correction_decision ON ledger_correction (ledger_id, decision_id, seq);
