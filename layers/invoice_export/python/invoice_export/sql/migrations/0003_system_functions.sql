-- What has to look across organisations: the caps, the sweep and "who am I". Each
-- function returns ids and little else, and runs as a role that may only read this.
GRANT SELECT ON organizations, members, exports, execution_starts, email_deliveries TO invoice_export_system;
GRANT SELECT (id, name) ON users TO invoice_export_system;

CREATE POLICY system_read ON organizations FOR SELECT TO invoice_export_system USING (true);
CREATE POLICY system_read ON members FOR SELECT TO invoice_export_system USING (true);
CREATE POLICY system_read ON users FOR SELECT TO invoice_export_system USING (true);
CREATE POLICY system_read ON exports FOR SELECT TO invoice_export_system USING (true);
CREATE POLICY system_read ON execution_starts FOR SELECT TO invoice_export_system USING (true);
CREATE POLICY system_read ON email_deliveries FOR SELECT TO invoice_export_system USING (true);

-- Runs that could start but for the cap, first come first: the head of each free lane.
CREATE FUNCTION system_waiting_runs()
  RETURNS TABLE (organization_id text, run_id uuid, queued_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT head.organization_id, head.id, head.queued_at
  FROM (
    SELECT DISTINCT ON (e.organization_id) e.organization_id, e.id, e.queued_at
    FROM exports e
    WHERE e.status = 'queued'
      AND NOT EXISTS (
        SELECT FROM exports r
        WHERE r.organization_id = e.organization_id AND r.status = 'running'
      )
    ORDER BY e.organization_id, e.lane_seq
  ) head
  ORDER BY head.queued_at, head.id;
END;

CREATE FUNCTION system_running_count() RETURNS bigint
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT count(*) FROM exports WHERE status = 'running';
END;

-- Everything that the sweep has to look at, a row per run and reason.
CREATE FUNCTION system_runs_to_reconcile(stale_after interval, cleanup_grace interval)
  RETURNS TABLE (organization_id text, run_id uuid, generation integer, reason text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT s.organization_id, s.run_id, s.generation, 'unacknowledged_start'
  FROM execution_starts s
  WHERE s.acknowledged_at IS NULL AND s.created_at < clock_timestamp() - stale_after
  UNION ALL
  SELECT e.organization_id, e.id, e.generation, 'silent_run'
  FROM exports e
  WHERE e.status = 'running' AND e.progressed_at < clock_timestamp() - stale_after
  UNION ALL
  SELECT d.organization_id, d.run_id, d.generation, 'expired_claim'
  FROM email_deliveries d
  WHERE d.status = 'sending' AND d.claim_expires_at < clock_timestamp()
  UNION ALL
  SELECT d.organization_id, d.run_id, d.generation, 'unsent_failure_email'
  FROM email_deliveries d
  WHERE d.status = 'pending' AND d.kind = 'failed' AND d.created_at < clock_timestamp() - stale_after
  UNION ALL
  SELECT e.organization_id, e.id, e.generation, 'cleanup'
  FROM exports e
  WHERE e.cleanup_pending AND e.status = 'cancelled'
    AND e.completed_at < clock_timestamp() - cleanup_grace;
END;

CREATE FUNCTION system_memberships(of_user text)
  RETURNS TABLE (user_name text, organization_id text, organization_name text, role text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT u.name, m.organization_id, o.name, m.role
  FROM users u
  LEFT JOIN members m ON m.user_id = u.id
  LEFT JOIN organizations o ON o.id = m.organization_id
  WHERE u.id = of_user
  ORDER BY m.organization_id;
END;

REVOKE ALL ON FUNCTION
  system_waiting_runs(), system_running_count(),
  system_runs_to_reconcile(interval, interval), system_memberships(text)
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  system_waiting_runs(), system_running_count(),
  system_runs_to_reconcile(interval, interval), system_memberships(text)
  TO invoice_export_app;

-- A function's owner needs CREATE on the schema while it is given to it, no longer.
GRANT CREATE ON SCHEMA public TO invoice_export_system;
ALTER FUNCTION system_waiting_runs() OWNER TO invoice_export_system;
ALTER FUNCTION system_running_count() OWNER TO invoice_export_system;
ALTER FUNCTION system_runs_to_reconcile(interval, interval) OWNER TO invoice_export_system;
ALTER FUNCTION system_memberships(text) OWNER TO invoice_export_system;
REVOKE CREATE ON SCHEMA public FROM invoice_export_system;
