-- Row-level security: enabled and forced, so that the owner is bound too. An unset
-- app.org_id is NULL and matches nothing.
DO $$
DECLARE
  tenant_table text;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY[
    'members', 'invoices', 'exports', 'export_pages',
    'execution_starts', 'email_deliveries', 'audit_logs'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
  END LOOP;
  FOREACH tenant_table IN ARRAY ARRAY[
    'members', 'invoices', 'exports', 'export_pages',
    'execution_starts', 'email_deliveries'
  ] LOOP
    EXECUTE format(
      'CREATE POLICY tenant ON %I'
      ' USING (organization_id = nullif(current_setting(''app.org_id'', true), ''''))',
      tenant_table);
  END LOOP;
END
$$;

ALTER TABLE organizations ENABLE ROW LEVEL SECURITY;
ALTER TABLE organizations FORCE ROW LEVEL SECURITY;
CREATE POLICY tenant ON organizations
  USING (id = nullif(current_setting('app.org_id', true), ''));

-- Append-only, by policy as well as by privilege: no policy for UPDATE or DELETE.
CREATE POLICY tenant_read ON audit_logs FOR SELECT
  USING (organization_id = nullif(current_setting('app.org_id', true), ''));
CREATE POLICY tenant_append ON audit_logs FOR INSERT
  WITH CHECK (organization_id = nullif(current_setting('app.org_id', true), ''));

-- People belong to several organisations: one sees those of the current one.
ALTER TABLE users ENABLE ROW LEVEL SECURITY;
ALTER TABLE users FORCE ROW LEVEL SECURITY;
CREATE POLICY fellow_members ON users FOR SELECT TO invoice_export_app
  USING (EXISTS (SELECT FROM members WHERE members.user_id = users.id));
DO $$
BEGIN
  EXECUTE format('CREATE POLICY owner_keeps_users ON users TO %I USING (true)', current_user);
END
$$;

GRANT USAGE ON SCHEMA public TO invoice_export_app, invoice_export_system;
GRANT SELECT ON organizations, users, members, invoices TO invoice_export_app;
-- Row locks need UPDATE on a column: the lane's own.
GRANT UPDATE (lane_seq) ON organizations TO invoice_export_app;
GRANT SELECT, INSERT, UPDATE ON exports, execution_starts, email_deliveries TO invoice_export_app;
GRANT SELECT, INSERT, DELETE ON export_pages TO invoice_export_app;
GRANT SELECT, INSERT ON audit_logs TO invoice_export_app;
GRANT SELECT, INSERT, UPDATE ON email_suppressions TO invoice_export_app;
