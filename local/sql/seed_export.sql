-- A finished export, whose pages have the bounds of the sample invoices.
WITH lane AS (
    INSERT INTO lanes (organization_id) VALUES (%(organization)s) ON CONFLICT DO NOTHING
)
INSERT INTO exports (
    id, organization_id, requested_by, dataset, fingerprint, status, day_bucket,
    queued_at, execution_name, page_starts, last_key, planned_at,
    pages_total, pages_done, rows_done, bytes_done, row_count, byte_count, object_key,
    file_expires_at, requested_at, started_at, progressed_at, completed_at)
SELECT %(run)s, %(organization)s, %(requester)s, 'invoices', %(fingerprint)s,
    'completed', %(day)s, %(requested)s, %(execution)s,
    array_agg(key ORDER BY n) FILTER (WHERE n %% %(rows_a_page)s = 0),
    ARRAY(SELECT unnest((array_agg(key ORDER BY n DESC))[1:1])), %(started)s,
    %(pages)s, %(pages)s, %(rows)s, %(bytes)s, %(rows)s, %(bytes)s, %(key)s,
    %(expired)s, %(requested)s, %(started)s, %(completed)s, %(completed)s
FROM (
    SELECT ARRAY[(created_at AT TIME ZONE 'UTC')::text || '+00', id::text] AS key,
           row_number() OVER (ORDER BY created_at, id) - 1 AS n
    FROM invoices WHERE id = ANY(%(seeded)s)
) numbered
ON CONFLICT (id) DO NOTHING;
