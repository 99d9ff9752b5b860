-- The sample application: a schema like any other application's, with row-level security
-- of its own. Only the last parts concern the exports.

CREATE TABLE IF NOT EXISTS sample.organizations (
  id text CONSTRAINT organizations_pkey PRIMARY KEY,
  name text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS sample.users (
  id text CONSTRAINT users_pkey PRIMARY KEY,
  name text NOT NULL,
  email text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now()
);

CREATE TABLE IF NOT EXISTS sample.members (
  organization_id text NOT NULL
    CONSTRAINT members_organization_fkey REFERENCES sample.organizations ON DELETE CASCADE,
  user_id text NOT NULL
    CONSTRAINT members_user_fkey REFERENCES sample.users ON DELETE CASCADE,
  role text NOT NULL
    CONSTRAINT members_role_check CHECK (role IN ('owner', 'admin', 'member', 'viewer')),
  created_at timestamptz NOT NULL DEFAULT now(),
  CONSTRAINT members_pkey PRIMARY KEY (organization_id, user_id)
);
CREATE INDEX IF NOT EXISTS members_user_idx ON sample.members (user_id);

CREATE TABLE IF NOT EXISTS sample.invoices (
  id uuid CONSTRAINT invoices_pkey PRIMARY KEY DEFAULT gen_random_uuid(),
  organization_id text NOT NULL
    CONSTRAINT invoices_organization_fkey REFERENCES sample.organizations ON DELETE CASCADE,
  number text NOT NULL,
  customer_name text NOT NULL,
  status text NOT NULL
    CONSTRAINT invoices_status_check CHECK (status IN ('draft', 'sent', 'paid', 'overdue')),
  total numeric NOT NULL,
  currency text NOT NULL,
  created_at timestamptz NOT NULL DEFAULT now(),
  due_at timestamptz,
  -- When the row was inserted, whatever date the invoice bears. An export leaves out
  -- invoices that somebody back-dates while it runs.
  inserted_at timestamptz NOT NULL DEFAULT clock_timestamp()
);
CREATE INDEX IF NOT EXISTS invoices_export_idx
  ON sample.invoices (organization_id, created_at, id);

DO $$
DECLARE
  entry record;
BEGIN
  FOR entry IN
    SELECT * FROM (VALUES
      ('organizations', 'id = nullif(current_setting(''app.org_id'', true), '''')'),
      ('members', 'organization_id = nullif(current_setting(''app.org_id'', true), '''')'),
      ('invoices', 'organization_id = nullif(current_setting(''app.org_id'', true), '''')'),
      -- A user belongs to several organisations.
      ('users', 'true')
    ) AS each (name, condition)
  LOOP
    EXECUTE format('ALTER TABLE sample.%I ENABLE ROW LEVEL SECURITY', entry.name);
    EXECUTE format('ALTER TABLE sample.%I FORCE ROW LEVEL SECURITY', entry.name);
    EXECUTE format('DROP POLICY IF EXISTS tenant ON sample.%I', entry.name);
    EXECUTE format(
      'CREATE POLICY tenant ON sample.%I TO CURRENT_USER USING (%s)',
      entry.name, entry.condition);
    -- The exports read all organisations' rows; their views keep them apart.
    EXECUTE format('DROP POLICY IF EXISTS exports ON sample.%I', entry.name);
    EXECUTE format(
      'CREATE POLICY exports ON sample.%I FOR SELECT TO invoice_export_system USING (true)',
      entry.name);
  END LOOP;
END
$$;

GRANT USAGE ON SCHEMA sample TO invoice_export_system;
GRANT SELECT ON sample.organizations, sample.users, sample.members, sample.invoices
  TO invoice_export_system;

-- An organisation that is deleted takes its exports along.
CREATE OR REPLACE FUNCTION sample.forget_exports() RETURNS trigger
  LANGUAGE plpgsql
AS $$
BEGIN
  PERFORM invoice_export.forget_organization(OLD.id);
  RETURN NULL;
END
$$;
CREATE OR REPLACE TRIGGER forget_exports AFTER DELETE ON sample.organizations
  FOR EACH ROW EXECUTE FUNCTION sample.forget_exports();
