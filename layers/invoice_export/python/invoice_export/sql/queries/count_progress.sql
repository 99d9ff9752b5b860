-- A count over rows, never + 1: a page that is recorded twice counts once.
UPDATE exports
SET pages_done = done.pages, rows_done = done.rows, progressed_at = clock_timestamp()
FROM (
  SELECT count(*) AS pages, coalesce(sum(row_count), 0) AS rows
  FROM export_pages WHERE run_id = %(run_id)s
) done
WHERE id = %(run_id)s
