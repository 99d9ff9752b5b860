-- What others are told: written with the end of a run, sent after the commit.
CREATE TABLE event_outbox (
  id uuid CONSTRAINT event_outbox_pkey PRIMARY KEY DEFAULT uuidv7(),
  organization_id text NOT NULL CONSTRAINT event_outbox_organization_fkey REFERENCES organizations,
  run_id uuid NOT NULL CONSTRAINT event_outbox_run_fkey REFERENCES exports,
  generation integer NOT NULL,
  type text NOT NULL
    CONSTRAINT event_outbox_type_check CHECK (type IN ('export.completed', 'export.failed', 'export.cancelled')),
  payload jsonb NOT NULL,
  created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  published_at timestamptz,
  CONSTRAINT event_outbox_once_key UNIQUE (run_id, generation, type)
);
CREATE INDEX event_outbox_open_idx ON event_outbox (created_at) WHERE published_at IS NULL;

-- One endpoint an organisation, and the secret that its messages are signed with.
CREATE TABLE webhook_endpoints (
  organization_id text CONSTRAINT webhook_endpoints_pkey PRIMARY KEY
    CONSTRAINT webhook_endpoints_organization_fkey REFERENCES organizations,
  url text NOT NULL CONSTRAINT webhook_endpoints_url_check CHECK (url ~ '^https://' AND length(url) <= 2000),
  secret text NOT NULL,
  set_by text NOT NULL CONSTRAINT webhook_endpoints_user_fkey REFERENCES users,
  set_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

DO $$
DECLARE
  tenant_table text;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY['event_outbox', 'webhook_endpoints'] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format(
      'CREATE POLICY tenant ON %I'
      ' USING (organization_id = nullif(current_setting(''app.org_id'', true), ''''))',
      tenant_table);
  END LOOP;
END
$$;
GRANT SELECT, INSERT ON event_outbox TO invoice_export_app;
GRANT UPDATE (published_at) ON event_outbox TO invoice_export_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_endpoints TO invoice_export_app;

GRANT SELECT (id, organization_id, created_at, published_at) ON event_outbox TO invoice_export_system;
CREATE POLICY system_read ON event_outbox FOR SELECT TO invoice_export_system USING (true);

-- Where something waits to be sent, oldest first: ids only.
CREATE FUNCTION system_unpublished_events(at_most integer)
  RETURNS TABLE (organization_id text, event_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT o.organization_id, o.id FROM event_outbox o
  WHERE o.published_at IS NULL
  ORDER BY o.created_at, o.id
  LIMIT at_most;
END;

-- For how long the oldest run that has not ended has been waiting or running.
CREATE FUNCTION system_oldest_run_seconds() RETURNS double precision
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT coalesce(max(extract(epoch FROM clock_timestamp() - e.queued_at)), 0)
  FROM exports e WHERE e.status IN ('queued', 'running');
END;

REVOKE ALL ON FUNCTION system_unpublished_events(integer), system_oldest_run_seconds() FROM PUBLIC;
GRANT EXECUTE ON FUNCTION system_unpublished_events(integer), system_oldest_run_seconds() TO invoice_export_app;
GRANT CREATE ON SCHEMA public TO invoice_export_system;
ALTER FUNCTION system_unpublished_events(integer) OWNER TO invoice_export_system;
ALTER FUNCTION system_oldest_run_seconds() OWNER TO invoice_export_system;
REVOKE CREATE ON SCHEMA public FROM invoice_export_system;
