-- A count over rows, never + 1: a page that is recorded twice counts once.
UPDATE exports
SET pages_done = done.pages, rows_done = done.rows, bytes_done = done.bytes,
    progressed_at = clock_timestamp()
FROM (
  SELECT count(*) AS pages, coalesce(sum(row_count), 0) AS rows,
         coalesce(sum(byte_count), 0) AS bytes
  FROM export_pages WHERE run_id = %(run_id)s
) done
WHERE id = %(run_id)s
