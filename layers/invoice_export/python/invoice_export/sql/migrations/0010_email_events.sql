-- What SES tells of our mails. Addresses belong to no organisation, like suppressions.
CREATE TABLE email_soft_bounces (
  address text NOT NULL
    CONSTRAINT email_soft_bounces_address_check CHECK (address = lower(btrim(address))),
  -- SES's own id of the bounce: an event that comes twice counts once.
  feedback_id text NOT NULL,
  bounced_at timestamptz NOT NULL DEFAULT clock_timestamp(),
  CONSTRAINT email_soft_bounces_pkey PRIMARY KEY (address, feedback_id)
);
GRANT SELECT, INSERT ON email_soft_bounces TO invoice_export_app;

-- A function's owner needs CREATE on the schema while it is made, no longer.
GRANT CREATE ON SCHEMA public TO invoice_export_system;
SET ROLE invoice_export_system;

-- An event names its run; to look at the run one has to know whose it is.
CREATE FUNCTION system_organization_of_run(of_run uuid) RETURNS text
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, public
BEGIN ATOMIC
  SELECT organization_id FROM exports WHERE id = of_run;
END;

-- As before, but a failed run has leftovers too: the upload that a dead worker left open.
CREATE OR REPLACE FUNCTION system_runs_to_reconcile(stale_after interval, cleanup_grace interval)
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
  WHERE e.cleanup_pending AND e.status IN ('cancelled', 'failed')
    AND e.completed_at < clock_timestamp() - cleanup_grace;
END;

REVOKE ALL ON FUNCTION system_organization_of_run(uuid) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION system_organization_of_run(uuid) TO invoice_export_app;
RESET ROLE;
REVOKE CREATE ON SCHEMA public FROM invoice_export_system;
