-- An id that grows with time: a UUIDv7 (RFC 9562) whose first bits after the version are
-- the microseconds. PostgreSQL has its own from version 18 on.
CREATE FUNCTION new_id() RETURNS uuid
  LANGUAGE sql VOLATILE PARALLEL SAFE
  RETURN (
    SELECT encode(
      int8send((us / 1000 << 16) | (7 << 12) | (us % 1000 * 4096 / 1000))
        || substring(uuid_send(gen_random_uuid()) FROM 9),
      'hex')::uuid
    FROM (SELECT (extract(epoch FROM clock_timestamp()) * 1000000)::bigint AS us) now
  );

-- A deployment replaces a dataset's view and its row together. Each transaction that
-- reads the view locks the row first, so that no file mixes two declarations.
CREATE TABLE datasets (
  name text CONSTRAINT datasets_pkey PRIMARY KEY,
  fingerprint text NOT NULL,
  applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- An organisation's first start makes its lane. A lock on this row locks the lane. All
-- that we keep about the organisation references it and is deleted with it.
CREATE TABLE lanes (
  organization_id text CONSTRAINT lanes_pkey PRIMARY KEY,
  -- The newest place in the lane.
  lane_seq bigint NOT NULL DEFAULT 0
);

-- Runs, their pages and their executions.

CREATE TABLE exports (
  id uuid CONSTRAINT exports_pkey PRIMARY KEY DEFAULT new_id(),
  organization_id text NOT NULL CONSTRAINT exports_organization_fkey REFERENCES lanes ON DELETE CASCADE,
  requested_by text NOT NULL,
  status text NOT NULL DEFAULT 'queued'
    CONSTRAINT exports_status_check CHECK (status IN ('queued', 'running', 'completed', 'failed', 'cancelled')),
  generation integer NOT NULL DEFAULT 1 CONSTRAINT exports_generation_check CHECK (generation >= 1),
  day_bucket date NOT NULL DEFAULT (clock_timestamp() AT TIME ZONE 'UTC')::date,
  -- The declared query, and the fingerprint of the declaration that the run began with.
  dataset text NOT NULL,
  fingerprint text NOT NULL,
  -- The request as the caller wrote it, without what is the default.
  request jsonb NOT NULL DEFAULT '{}',
  -- The canonical request, which identifies it; '{}' is the plain export.
  request_key text NOT NULL DEFAULT '{}',
  idempotency_key text,
  -- lane_seq orders the runs of one organisation, queued_at the organisations.
  lane_seq bigint NOT NULL DEFAULT 0,
  queued_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  execution_name text,
  execution_arn text,
  -- The frozen plan: each page's first key as a row of texts, the last key of all, and
  -- the cut-off.
  page_starts text[],
  last_key text[],
  planned_at timestamptz,
  -- How wide the columns are, in characters, for a format that shows it.
  column_widths integer[],
  pages_total integer,
  pages_done integer NOT NULL DEFAULT 0,
  rows_done bigint NOT NULL DEFAULT 0,
  row_count bigint,
  byte_count bigint,
  object_key text,
  download_url text,
  file_expires_at timestamptz,
  error_code text,
  error_message text,
  requested_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  started_at timestamptz,
  completed_at timestamptz,
  cancel_requested_at timestamptz,
  -- When the run last made progress. The sweep checks runs that have not for a while.
  progressed_at timestamptz,
  -- A cancelled or failed run may have parts, or an open upload, to remove.
  cleanup_pending boolean NOT NULL DEFAULT false,
  -- The request. It never changes.
  format text NOT NULL DEFAULT 'csv'
    CONSTRAINT exports_format_check CHECK (format ~ '^[a-z0-9.]+$'),
  consistency text NOT NULL DEFAULT 'pages'
    CONSTRAINT exports_consistency_check CHECK (consistency IN ('pages', 'snapshot')),
  -- CRC-32 of the whole file in base64, the form that S3 shows and verifies.
  file_crc32 text,
  bytes_done bigint NOT NULL DEFAULT 0,
  CONSTRAINT exports_plan_check CHECK (
    (pages_total IS NULL) = (page_starts IS NULL)
    AND pages_total = array_length(page_starts, 1)
  ),
  CONSTRAINT exports_terminal_check CHECK (
    (status IN ('completed', 'failed', 'cancelled')) = (completed_at IS NOT NULL)
  )
);
CREATE UNIQUE INDEX exports_one_per_day_key
  ON exports (organization_id, requested_by, day_bucket, dataset, request_key)
  WHERE idempotency_key IS NULL;
CREATE UNIQUE INDEX exports_idempotency_key
  ON exports (organization_id, requested_by, idempotency_key)
  WHERE idempotency_key IS NOT NULL;
CREATE UNIQUE INDEX exports_one_running_key
  ON exports (organization_id) WHERE status = 'running';
CREATE INDEX exports_lane_idx
  ON exports (organization_id, lane_seq) WHERE status = 'queued';
CREATE INDEX exports_open_idx
  ON exports (queued_at, id) WHERE status IN ('queued', 'running');
CREATE INDEX exports_recent_idx ON exports (organization_id, requested_at DESC, id DESC);
CREATE INDEX exports_cleanup_idx ON exports (completed_at) WHERE cleanup_pending;

CREATE TABLE export_pages (
  run_id uuid NOT NULL CONSTRAINT export_pages_run_fkey REFERENCES exports ON DELETE CASCADE,
  page integer NOT NULL CONSTRAINT export_pages_page_check CHECK (page BETWEEN 1 AND 1000),
  organization_id text NOT NULL CONSTRAINT export_pages_organization_fkey REFERENCES lanes ON DELETE CASCADE,
  generation integer NOT NULL,
  row_count bigint NOT NULL,
  byte_count bigint NOT NULL,
  etag text NOT NULL,
  finished_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  -- Checksums of the part, for the manifest.
  sha256 text NOT NULL,
  crc32 bigint NOT NULL,
  -- The rows' bytes before they are packed, for the trailer of a gzip file.
  content_crc32 bigint NOT NULL,
  content_bytes bigint NOT NULL,
  -- Values that the file holds in another form, counted by the reason.
  adjusted jsonb NOT NULL DEFAULT '{}',
  CONSTRAINT export_pages_pkey PRIMARY KEY (run_id, page)
);

CREATE TABLE execution_starts (
  run_id uuid NOT NULL CONSTRAINT execution_starts_run_fkey REFERENCES exports ON DELETE CASCADE,
  generation integer NOT NULL,
  organization_id text NOT NULL CONSTRAINT execution_starts_organization_fkey REFERENCES lanes ON DELETE CASCADE,
  execution_name text NOT NULL CONSTRAINT execution_starts_name_key UNIQUE,
  input text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  acknowledged_at timestamptz,
  CONSTRAINT execution_starts_pkey PRIMARY KEY (run_id, generation)
);
CREATE INDEX execution_starts_open_idx
  ON execution_starts (created_at) WHERE acknowledged_at IS NULL;

-- E-mail. Suppressions and bounces belong to an address, not to an organisation.

CREATE TABLE email_deliveries (
  id uuid CONSTRAINT email_deliveries_pkey PRIMARY KEY DEFAULT new_id(),
  organization_id text NOT NULL CONSTRAINT email_deliveries_organization_fkey REFERENCES lanes ON DELETE CASCADE,
  run_id uuid NOT NULL CONSTRAINT email_deliveries_run_fkey REFERENCES exports ON DELETE CASCADE,
  kind text NOT NULL CONSTRAINT email_deliveries_kind_check CHECK (kind IN ('completed', 'failed')),
  generation integer NOT NULL,
  status text NOT NULL DEFAULT 'pending'
    CONSTRAINT email_deliveries_status_check CHECK (status IN ('pending', 'sending', 'sent', 'suppressed', 'refused', 'unknown')),
  reason text,
  attempts integer NOT NULL DEFAULT 0,
  claim_expires_at timestamptz,
  message_id text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  settled_at timestamptz,
  CONSTRAINT email_deliveries_claim_check CHECK ((status = 'sending') = (claim_expires_at IS NOT NULL))
);
-- One result mail per run, whatever its generation, and one failure mail per generation.
CREATE UNIQUE INDEX email_deliveries_completed_key ON email_deliveries (run_id) WHERE kind = 'completed';
CREATE UNIQUE INDEX email_deliveries_failed_key ON email_deliveries (run_id, generation) WHERE kind = 'failed';
CREATE INDEX email_deliveries_open_idx ON email_deliveries (created_at) WHERE status IN ('pending', 'sending');

CREATE TABLE email_suppressions (
  address text CONSTRAINT email_suppressions_pkey PRIMARY KEY
    CONSTRAINT email_suppressions_address_check CHECK (address = lower(btrim(address))),
  reason text NOT NULL,
  bypass_until timestamptz,
  -- Soft bounces suppress for a while, everything else for good.
  expires_at timestamptz,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE email_soft_bounces (
  address text NOT NULL
    CONSTRAINT email_soft_bounces_address_check CHECK (address = lower(btrim(address))),
  -- SES's own id of the bounce: an event that arrives twice counts once.
  feedback_id text NOT NULL,
  bounced_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT email_soft_bounces_pkey PRIMARY KEY (address, feedback_id)
);

-- The audit log, and the events that go to other systems.

CREATE TABLE audit_logs (
  id uuid CONSTRAINT audit_logs_pkey PRIMARY KEY DEFAULT new_id(),
  organization_id text NOT NULL CONSTRAINT audit_logs_organization_fkey REFERENCES lanes ON DELETE CASCADE,
  action text NOT NULL,
  subject text,
  actor text,
  payload jsonb NOT NULL DEFAULT '{}',
  -- Derived from run, action and generation for what may be recorded only once.
  event_key text,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE UNIQUE INDEX audit_logs_event_key ON audit_logs (organization_id, event_key);
CREATE INDEX audit_logs_recent_idx ON audit_logs (organization_id, created_at DESC, id DESC);

-- The transaction that ends a run writes its event; it is published after the commit.
CREATE TABLE event_outbox (
  id uuid CONSTRAINT event_outbox_pkey PRIMARY KEY DEFAULT new_id(),
  organization_id text NOT NULL CONSTRAINT event_outbox_organization_fkey REFERENCES lanes ON DELETE CASCADE,
  run_id uuid NOT NULL CONSTRAINT event_outbox_run_fkey REFERENCES exports ON DELETE CASCADE,
  generation integer NOT NULL,
  type text NOT NULL
    CONSTRAINT event_outbox_type_check CHECK (type IN ('export.completed', 'export.failed', 'export.cancelled')),
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  published_at timestamptz,
  CONSTRAINT event_outbox_once_key UNIQUE (run_id, generation, type)
);
CREATE INDEX event_outbox_open_idx ON event_outbox (created_at) WHERE published_at IS NULL;

-- Each organisation may have one endpoint. The secret signs its messages.
CREATE TABLE webhook_endpoints (
  organization_id text CONSTRAINT webhook_endpoints_pkey PRIMARY KEY
    CONSTRAINT webhook_endpoints_organization_fkey REFERENCES lanes ON DELETE CASCADE,
  url text NOT NULL CONSTRAINT webhook_endpoints_url_check CHECK (url ~ '^https://' AND length(url) <= 2000),
  secret text NOT NULL,
  set_by text NOT NULL,
  set_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

-- Forgetting an organisation finds its rows, and those of its runs, without a scan. An
-- entry costs microseconds where writing a page costs many milliseconds.
CREATE INDEX export_pages_organization_idx ON export_pages (organization_id);
CREATE INDEX execution_starts_organization_idx ON execution_starts (organization_id);
CREATE INDEX email_deliveries_organization_idx ON email_deliveries (organization_id);
CREATE INDEX email_deliveries_run_idx ON email_deliveries (run_id);
CREATE INDEX event_outbox_organization_idx ON event_outbox (organization_id);
