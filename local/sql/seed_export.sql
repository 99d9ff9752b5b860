-- A finished export, whose pages have the bounds of the sample invoices.
INSERT INTO exports (
    id, organization_id, requested_by, status, day_bucket, queued_at, execution_name,
    page_starts_at, page_start_ids, last_created_at, last_id, planned_at,
    pages_total, pages_done, rows_done, bytes_done, row_count, byte_count, object_key,
    file_expires_at, requested_at, started_at, progressed_at, completed_at)
SELECT %(run)s, %(organization)s, %(requester)s, 'completed', %(day)s, %(requested)s,
    %(execution)s,
    array_agg(created_at ORDER BY n) FILTER (WHERE n %% %(rows_a_page)s = 0),
    array_agg(id ORDER BY n) FILTER (WHERE n %% %(rows_a_page)s = 0),
    max(created_at), (array_agg(id ORDER BY n DESC))[1], %(started)s,
    %(pages)s, %(pages)s, %(rows)s, %(bytes)s, %(rows)s, %(bytes)s, %(key)s,
    %(expired)s, %(requested)s, %(started)s, %(completed)s, %(completed)s
FROM (
    SELECT created_at, id, row_number() OVER (ORDER BY created_at, id) - 1 AS n
    FROM invoices WHERE id = ANY(%(seeded)s)
) numbered
ON CONFLICT (id) DO NOTHING;
