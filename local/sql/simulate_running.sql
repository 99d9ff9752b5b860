-- A run that stays at page %(done)s. Its plan covers the organisation's own invoices, so
-- that a retry can finish it. The sweep leaves it alone for ten minutes.
INSERT INTO exports (
    organization_id, requested_by, status, request_key, execution_name,
    page_starts_at, page_start_ids, last_created_at, last_id, planned_at,
    pages_total, pages_done, rows_done, bytes_done, started_at, progressed_at)
SELECT %(organization)s, m.user_id, 'running', 'simulated-' || gen_random_uuid(),
    'simulated-' || gen_random_uuid(),
    p.starts_at, p.start_ids, p.last_created_at, p.last_id, clock_timestamp(),
    %(pages)s, %(done)s, p.rows_done, p.rows_done * 130, clock_timestamp(),
    clock_timestamp() + interval '10 minutes'
FROM members m, (
    SELECT array_agg(created_at ORDER BY n) FILTER (WHERE first) AS starts_at,
           array_agg(id ORDER BY n) FILTER (WHERE first) AS start_ids,
           max(created_at) AS last_created_at,
           (array_agg(id ORDER BY n DESC))[1] AS last_id,
           count(*) FILTER (WHERE page <= %(done)s) AS rows_done
    FROM (
        SELECT created_at, id, n, page,
               row_number() OVER (PARTITION BY page ORDER BY n) = 1 AS first
        FROM (
            SELECT created_at, id, row_number() OVER (ORDER BY created_at, id) AS n,
                   ntile(%(pages)s) OVER (ORDER BY created_at, id) AS page
            FROM invoices WHERE organization_id = %(organization)s
        ) numbered
    ) marked
) p
WHERE m.organization_id = %(organization)s AND m.user_id = %(user)s
  AND cardinality(p.starts_at) = %(pages)s
RETURNING id;
