-- A table of another application, as its migration would make it: other names and
-- types, in a schema of its own. docs/adapt.md goes through it.
CREATE SCHEMA tracking;

CREATE TABLE tracking.time_entries (
  entry uuid CONSTRAINT time_entries_pkey PRIMARY KEY DEFAULT uuidv7(),
  tenant text NOT NULL CONSTRAINT time_entries_tenant_fkey REFERENCES organizations,
  note text NOT NULL,
  "order" text,
  begun timestamptz NOT NULL,
  stopped timestamptz,
  approved timestamptz,
  worked_on date NOT NULL,
  hours numeric NOT NULL,
  billable boolean,
  details jsonb,
  recorded timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX time_entries_export_idx ON tracking.time_entries (tenant, begun, entry);

ALTER TABLE tracking.time_entries ENABLE ROW LEVEL SECURITY;
ALTER TABLE tracking.time_entries FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON tracking.time_entries
  USING (tenant = nullif(current_setting('app.org_id', true), ''));

GRANT USAGE ON SCHEMA tracking TO invoice_export_app;
GRANT SELECT ON tracking.time_entries TO invoice_export_app;
