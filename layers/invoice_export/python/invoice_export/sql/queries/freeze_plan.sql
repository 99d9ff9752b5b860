-- The first writer wins: a plan is never changed.
UPDATE exports
SET page_starts_at = %(page_starts_at)s::timestamptz[],
    page_start_ids = %(page_start_ids)s::uuid[],
    last_created_at = %(last_created_at)s,
    last_id = %(last_id)s,
    planned_at = %(planned_at)s,
    pages_total = cardinality(%(page_starts_at)s::timestamptz[]),
    progressed_at = clock_timestamp()
WHERE id = %(run_id)s AND pages_total IS NULL
