-- A run that stays at page %(done)s. Its plan covers the organisation's own invoices, so
-- that a retry can finish it. The sweep leaves it alone for ten minutes.
WITH lane AS (
    INSERT INTO lanes (organization_id) VALUES (%(organization)s) ON CONFLICT DO NOTHING
)
INSERT INTO exports (
    organization_id, requested_by, dataset, fingerprint, status, idempotency_key,
    execution_name, page_starts, last_key, planned_at,
    pages_total, pages_done, rows_done, bytes_done, started_at, progressed_at)
SELECT %(organization)s, m.user_id, d.name, d.fingerprint, 'running',
    'simulated-' || gen_random_uuid(), 'simulated-' || gen_random_uuid(),
    p.starts, ARRAY(SELECT unnest(p.keys[1:1])), clock_timestamp(),
    %(pages)s, %(done)s, p.rows_done, p.rows_done * 130, clock_timestamp(),
    clock_timestamp() + interval '10 minutes'
FROM members m, datasets d, (
    SELECT array_agg(key ORDER BY n) FILTER (WHERE first) AS starts,
           array_agg(key ORDER BY n DESC) AS keys,
           count(*) FILTER (WHERE page <= %(done)s) AS rows_done
    FROM (
        SELECT key, n, page,
               row_number() OVER (PARTITION BY page ORDER BY n) = 1 AS first
        FROM (
            SELECT ARRAY[(created_at AT TIME ZONE 'UTC')::text || '+00', id::text] AS key,
                   row_number() OVER (ORDER BY created_at, id) AS n,
                   ntile(%(pages)s) OVER (ORDER BY created_at, id) AS page
            FROM invoices WHERE organization_id = %(organization)s
        ) numbered
    ) marked
) p
WHERE m.organization_id = %(organization)s AND m.user_id = %(user)s
  AND d.name = 'invoices'
  AND array_length(p.starts, 1) = %(pages)s
RETURNING id;
