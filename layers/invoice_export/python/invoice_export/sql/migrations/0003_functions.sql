-- How a cell is written. PostgreSQL inlines both functions into the query that calls
-- them, so a row costs no call; a test looks at the plan.

-- The formula guard. A spreadsheet runs a text that begins with = + - @ TAB CR or LF.
-- Most texts begin with a letter, which a single comparison of bytes finds out.
CREATE FUNCTION csv_text(cell text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE
    WHEN cell ~>=~ 'A' THEN cell
    WHEN ascii(cell) IN (61, 43, 45, 64, 9, 13, 10) THEN '''' || cell
    ELSE cell
  END;

-- YYYY-MM-DD HH:MM:SS.ffffffZ in UTC, always 27 characters, for half the cost of to_char.
-- formats/csv_rows.py replaces the space by the T. RFC 3339 cannot express times before
-- year 1, after 9999 or at infinity: they keep PostgreSQL's own text, without the Z.
-- DateStyle shapes the text of a timestamp: act_for() sets ISO.
CREATE FUNCTION csv_time(at timestamptz) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN CASE
    WHEN at >= timestamptz '0001-01-01 00:00:00+00' AND at < timestamptz '10000-01-01 00:00:00+00'
    THEN (at AT TIME ZONE interval '0')::text || CASE
      -- PostgreSQL drops trailing zeros. Put them back.
      WHEN at <> at::timestamptz(5) THEN 'Z'
      WHEN at = at::timestamptz(0) THEN '.000000Z'
      WHEN at <> at::timestamptz(4) THEN '0Z'
      WHEN at <> at::timestamptz(3) THEN '00Z'
      WHEN at <> at::timestamptz(2) THEN '000Z'
      WHEN at <> at::timestamptz(1) THEN '0000Z'
      ELSE '00000Z'
    END
    ELSE (at AT TIME ZONE interval '0')::text
  END;

-- The same for a time without a zone that is in UTC: no zone has to be looked up.
CREATE FUNCTION csv_time(at timestamp) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN CASE
    WHEN at >= timestamp '0001-01-01' AND at < timestamp '10000-01-01'
    THEN at::text || CASE
      WHEN at <> at::timestamp(5) THEN 'Z'
      WHEN at = at::timestamp(0) THEN '.000000Z'
      WHEN at <> at::timestamp(4) THEN '0Z'
      WHEN at <> at::timestamp(3) THEN '00Z'
      WHEN at <> at::timestamp(2) THEN '000Z'
      WHEN at <> at::timestamp(1) THEN '0000Z'
      ELSE '00000Z'
    END
    ELSE at::text
  END;

-- RFC 3339 with the offset that the zone has at this moment. Where there is none in whole
-- minutes (local mean time, before the 20th century), and outside of RFC 3339's years,
-- the time stays in UTC.
CREATE FUNCTION zoned_time(at timestamptz, zone text) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN (
    SELECT CASE
      WHEN at >= timestamptz '0001-01-02 00:00:00+00' AND at < timestamptz '9999-12-31 00:00:00+00'
        AND extract(second FROM shift) = 0
      THEN to_char(at AT TIME ZONE zone, 'YYYY-MM-DD"T"HH24:MI:SS.US')
        || CASE WHEN shift < interval '0' THEN '-' ELSE '+' END
        || to_char(greatest(shift, -shift), 'HH24:MI')
      WHEN at >= timestamptz '0001-01-01 00:00:00+00' AND at < timestamptz '10000-01-01 00:00:00+00'
      THEN replace(csv_time(at), ' ', 'T')
      ELSE csv_time(at)
    END
    FROM (SELECT (at AT TIME ZONE zone) - (at AT TIME ZONE interval '0') AS shift) zoned
  );

-- What a transaction sets for itself. RDS Proxy pins a session to its client for every
-- setting that it sees, even one that ends with the transaction, but it does not look
-- into functions. Every setting here ends with the transaction.

-- Row-level security and the views show this organisation's rows from now on, and none
-- for ''. Names are those of this schema. Times are read and written as text without
-- loss, whatever the database's own defaults are.
CREATE FUNCTION act_for(organization text) RETURNS void
  LANGUAGE sql VOLATILE
BEGIN ATOMIC
  SELECT
    set_config('app.org_id', organization, true),
    set_config('search_path', 'invoice_export, pg_temp', true),
    set_config('DateStyle', 'ISO, YMD', true),
    set_config('TimeZone', 'UTC', true);
END;

-- Read a page in the index's order, row by row. A sort would read the whole page first
-- and costs a third more. Parallel plans would take CPU from the other pages' workers,
-- and compiling a query costs more than it saves. The last three are PostgreSQL's
-- defaults for the text of values; a database may have others.
CREATE FUNCTION read_in_order() RETURNS void
  LANGUAGE sql VOLATILE
BEGIN ATOMIC
  SELECT
    set_config('enable_sort', 'off', true),
    set_config('enable_bitmapscan', 'off', true),
    set_config('enable_seqscan', 'off', true),
    set_config('max_parallel_workers_per_gather', '0', true),
    set_config('jit', 'off', true),
    set_config('IntervalStyle', 'postgres', true),
    set_config('bytea_output', 'hex', true),
    set_config('extra_float_digits', '1', true);
END;

-- A join is fastest as a hash join, which keeps no order, and a sort after it. The sort
-- and the hash table of one page fit into this memory.
CREATE FUNCTION read_joined() RETURNS void
  LANGUAGE sql VOLATILE
BEGIN ATOMIC
  SELECT
    set_config('enable_sort', 'on', true),
    set_config('enable_bitmapscan', 'on', true),
    set_config('enable_seqscan', 'on', true),
    set_config('work_mem', '64MB', true);
END;

-- Deletes all that we keep about an organisation, for an application that deletes one.
-- Row-level security binds the owner, who runs this, too. The caller's own organisation
-- is current again afterwards.
CREATE FUNCTION forget_organization(organization text) RETURNS void
  LANGUAGE plpgsql VOLATILE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
AS $$
DECLARE
  current text := coalesce(current_setting('app.org_id', true), '');
BEGIN
  PERFORM set_config('app.org_id', organization, true);
  DELETE FROM invoice_export.lanes WHERE organization_id = organization;
  PERFORM set_config('app.org_id', current, true);
END
$$;

REVOKE ALL ON FUNCTION act_for(text), read_in_order(), read_joined(), forget_organization(text) FROM PUBLIC;
GRANT EXECUTE ON FUNCTION act_for(text), read_in_order(), read_joined() TO invoice_export_app;

-- The caps and the sweep read across organisations. Each function returns
-- ids and little else, and runs as a role that can only read. That role needs CREATE on
-- the schema while it creates them, and no longer.
GRANT CREATE ON SCHEMA invoice_export TO invoice_export_system;
SET ROLE invoice_export_system;

-- Runs that could start but for the cap, longest wait first: the head of each free lane.
CREATE FUNCTION system_waiting_runs()
  RETURNS TABLE (organization_id text, run_id uuid, queued_at timestamptz)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT count(*) FROM exports WHERE status = 'running';
END;

-- What the sweep has to check: a row for each run and reason.
CREATE FUNCTION system_runs_to_reconcile(stale_after interval, cleanup_grace interval)
  RETURNS TABLE (organization_id text, run_id uuid, generation integer, reason text)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
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

-- An SES event names only the run.
CREATE FUNCTION system_organization_of_run(of_run uuid) RETURNS text
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT organization_id FROM exports WHERE id = of_run;
END;

-- Events that wait to be published, oldest first.
CREATE FUNCTION system_unpublished_events(at_most integer)
  RETURNS TABLE (organization_id text, event_id uuid)
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT o.organization_id, o.id FROM event_outbox o
  WHERE o.published_at IS NULL
  ORDER BY o.created_at, o.id
  LIMIT at_most;
END;

-- How long the oldest open run has been waiting or running.
CREATE FUNCTION system_oldest_run_seconds() RETURNS double precision
  LANGUAGE sql STABLE SECURITY DEFINER SET search_path = pg_catalog, pg_temp
BEGIN ATOMIC
  SELECT coalesce(max(extract(epoch FROM clock_timestamp() - e.queued_at)), 0)
  FROM exports e WHERE e.status IN ('queued', 'running');
END;

REVOKE ALL ON FUNCTION
  system_waiting_runs(), system_running_count(),
  system_runs_to_reconcile(interval, interval),
  system_organization_of_run(uuid), system_unpublished_events(integer),
  system_oldest_run_seconds()
  FROM PUBLIC;
GRANT EXECUTE ON FUNCTION
  system_waiting_runs(), system_running_count(),
  system_runs_to_reconcile(interval, interval),
  system_organization_of_run(uuid), system_unpublished_events(integer),
  system_oldest_run_seconds()
  TO invoice_export_app;

RESET ROLE;
REVOKE CREATE ON SCHEMA invoice_export FROM invoice_export_system;
