-- A run's frozen plan, kept in its row of exports.

-- name: freeze
-- The first writer wins: a plan never changes.
UPDATE exports
SET page_starts_at = %(page_starts_at)s::timestamptz[],
    page_start_ids = %(page_start_ids)s::uuid[],
    last_created_at = %(last_created_at)s::timestamptz,
    last_id = %(last_id)s,
    planned_at = %(planned_at)s,
    pages_total = cardinality(%(page_starts_at)s::timestamptz[]),
    progressed_at = clock_timestamp()
WHERE id = %(run_id)s AND pages_total IS NULL

-- name: get_bounds
-- A page ends before the next page's first key; the last page ends with the last key.
SELECT
  page_starts_at[%(page)s]::text AS start_created_at,
  page_start_ids[%(page)s] AS start_id,
  page_starts_at[%(page)s + 1]::text AS next_created_at,
  page_start_ids[%(page)s + 1] AS next_id,
  last_created_at::text,
  last_id,
  planned_at
FROM exports
WHERE id = %(run_id)s AND %(page)s <= pages_total

-- name: begin_snapshot
-- Pages of an earlier snapshot cannot be joined with this one, so they are deleted. The
-- new planning time marks this snapshot's parts and outdates the earlier ones.
WITH outdated AS (DELETE FROM export_pages WHERE run_id = %(run_id)s)
UPDATE exports
SET planned_at = clock_timestamp(), pages_done = 0, rows_done = 0,
    progressed_at = clock_timestamp()
WHERE id = %(run_id)s
RETURNING planned_at
