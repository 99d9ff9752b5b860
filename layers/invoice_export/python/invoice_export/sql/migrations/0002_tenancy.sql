-- Row-level security. It is forced, because it would not bind the owner otherwise. An
-- unset app.org_id is NULL and matches no row.
DO $$
DECLARE
  tenant_table text;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY[
    'organizations', 'users', 'members', 'invoices', 'exports', 'export_pages',
    'execution_starts', 'email_deliveries', 'audit_logs', 'event_outbox', 'webhook_endpoints'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
  END LOOP;
  FOREACH tenant_table IN ARRAY ARRAY[
    'members', 'invoices', 'exports', 'export_pages',
    'execution_starts', 'email_deliveries', 'event_outbox', 'webhook_endpoints'
  ] LOOP
    EXECUTE format(
      'CREATE POLICY tenant ON %I'
      ' USING (organization_id = nullif(current_setting(''app.org_id'', true), ''''))',
      tenant_table);
  END LOOP;
END
$$;

CREATE POLICY tenant ON organizations
  USING (id = nullif(current_setting('app.org_id', true), ''));

-- The audit log is append-only. No policy allows UPDATE or DELETE, even to the owner.
CREATE POLICY tenant_read ON audit_logs FOR SELECT
  USING (organization_id = nullif(current_setting('app.org_id', true), ''));
CREATE POLICY tenant_append ON audit_logs FOR INSERT
  WITH CHECK (organization_id = nullif(current_setting('app.org_id', true), ''));

-- Users belong to several organisations. The application sees the current one's.
CREATE POLICY fellow_members ON users FOR SELECT TO invoice_export_app
  USING (EXISTS (SELECT FROM members WHERE members.user_id = users.id));
CREATE POLICY owner_keeps_users ON users TO CURRENT_USER USING (true);

-- What the application's role may do.
GRANT USAGE ON SCHEMA public TO invoice_export_app;
GRANT SELECT ON organizations, users, members, invoices TO invoice_export_app;
-- Locking a row takes UPDATE on one of its columns.
GRANT UPDATE (lane_seq) ON organizations TO invoice_export_app;
GRANT SELECT, INSERT, UPDATE ON exports, execution_starts, email_deliveries TO invoice_export_app;
GRANT SELECT, INSERT, DELETE ON export_pages TO invoice_export_app;
GRANT SELECT, INSERT ON audit_logs TO invoice_export_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON email_suppressions TO invoice_export_app;
GRANT SELECT, INSERT, DELETE ON email_soft_bounces TO invoice_export_app;
GRANT SELECT, INSERT ON event_outbox TO invoice_export_app;
GRANT UPDATE (published_at) ON event_outbox TO invoice_export_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_endpoints TO invoice_export_app;

-- What the system's role may do: read, for the functions that it owns.
GRANT USAGE ON SCHEMA public TO invoice_export_system;
GRANT SELECT ON organizations, members, exports, execution_starts, email_deliveries TO invoice_export_system;
GRANT SELECT (id, name) ON users TO invoice_export_system;
GRANT SELECT (id, organization_id, created_at, published_at) ON event_outbox TO invoice_export_system;
DO $$
DECLARE
  readable text;
BEGIN
  FOREACH readable IN ARRAY ARRAY[
    'organizations', 'members', 'users', 'exports',
    'execution_starts', 'email_deliveries', 'event_outbox'
  ] LOOP
    EXECUTE format(
      'CREATE POLICY system_read ON %I FOR SELECT TO invoice_export_system USING (true)',
      readable);
  END LOOP;
END
$$;
