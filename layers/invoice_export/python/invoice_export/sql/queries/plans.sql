-- A run's frozen plan, kept in its row of exports. Keys are texts.

-- name: freeze
-- The first writer wins: a plan never changes.
UPDATE exports
SET page_starts = %(page_starts)s::text[],
    last_key = %(last_key)s::text[],
    planned_at = %(planned_at)s,
    column_widths = %(column_widths)s::integer[],
    pages_total = array_length(%(page_starts)s::text[], 1),
    progressed_at = clock_timestamp()
WHERE id = %(run_id)s AND pages_total IS NULL

-- name: get_bounds
-- A page ends before the next page's first key; the last page ends with the last key.
SELECT
  ARRAY(SELECT unnest(page_starts[%(page)s:%(page)s])) AS start,
  ARRAY(SELECT unnest(page_starts[%(page)s + 1:%(page)s + 1])) AS next_start,
  last_key,
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
