-- Row-level security. It is forced, because it would not bind the owner otherwise. An
-- unset app.org_id is NULL and matches no row.
DO $$
DECLARE
  tenant_table text;
BEGIN
  FOREACH tenant_table IN ARRAY ARRAY[
    'lanes', 'exports', 'export_pages', 'execution_starts', 'email_deliveries',
    'audit_logs', 'event_outbox', 'webhook_endpoints'
  ] LOOP
    EXECUTE format('ALTER TABLE %I ENABLE ROW LEVEL SECURITY', tenant_table);
    EXECUTE format('ALTER TABLE %I FORCE ROW LEVEL SECURITY', tenant_table);
  END LOOP;
  FOREACH tenant_table IN ARRAY ARRAY[
    'lanes', 'exports', 'export_pages', 'execution_starts', 'email_deliveries',
    'event_outbox', 'webhook_endpoints'
  ] LOOP
    EXECUTE format(
      'CREATE POLICY tenant ON %I'
      ' USING (organization_id = nullif(current_setting(''app.org_id'', true), ''''))',
      tenant_table);
  END LOOP;
END
$$;

-- The audit log is append-only. No policy allows UPDATE or DELETE, even to the owner.
CREATE POLICY tenant_read ON audit_logs FOR SELECT
  USING (organization_id = nullif(current_setting('app.org_id', true), ''));
CREATE POLICY tenant_append ON audit_logs FOR INSERT
  WITH CHECK (organization_id = nullif(current_setting('app.org_id', true), ''));

-- What the application's role may do.
GRANT USAGE ON SCHEMA invoice_export TO invoice_export_app;
-- Locking a row takes UPDATE on one of its columns.
GRANT SELECT, UPDATE (applied_at) ON datasets TO invoice_export_app;
GRANT SELECT, INSERT, UPDATE (lane_seq) ON lanes TO invoice_export_app;
GRANT SELECT, INSERT, UPDATE ON exports, execution_starts, email_deliveries TO invoice_export_app;
GRANT SELECT, INSERT, DELETE ON export_pages TO invoice_export_app;
GRANT SELECT, INSERT ON audit_logs TO invoice_export_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON email_suppressions TO invoice_export_app;
GRANT SELECT, INSERT, DELETE ON email_soft_bounces TO invoice_export_app;
GRANT SELECT, INSERT ON event_outbox TO invoice_export_app;
GRANT UPDATE (published_at) ON event_outbox TO invoice_export_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON webhook_endpoints TO invoice_export_app;

-- What the system's role may do: read, for the functions and views that it owns.
GRANT USAGE ON SCHEMA invoice_export TO invoice_export_system;
GRANT SELECT ON exports, execution_starts, email_deliveries, audit_logs TO invoice_export_system;
GRANT SELECT (id, organization_id, created_at, published_at) ON event_outbox TO invoice_export_system;
-- Its functions read these tables across organisations. The audit log is not among them:
-- the view over it shows the current organisation's records only.
DO $$
DECLARE
  readable text;
BEGIN
  FOREACH readable IN ARRAY ARRAY['exports', 'execution_starts', 'email_deliveries', 'event_outbox'] LOOP
    EXECUTE format(
      'CREATE POLICY system_read ON %I FOR SELECT TO invoice_export_system USING (true)',
      readable);
  END LOOP;
END
$$;
