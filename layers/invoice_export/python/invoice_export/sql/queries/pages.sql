-- Rows of export_pages: finished pages.

-- name: page_columns
-- The columns of store.pages.PageRow.
page, row_count, byte_count, etag, sha256, crc32, content_crc32, content_bytes,
adjusted

-- name: get
SELECT {page_columns} FROM export_pages
WHERE run_id = %(run_id)s AND page = %(page)s

-- name: list_finished
SELECT {page_columns} FROM export_pages
WHERE run_id = %(run_id)s
ORDER BY page

-- name: list_unfinished
SELECT numbers.page
FROM exports e, generate_series(1, e.pages_total) AS numbers (page)
WHERE e.id = %(run_id)s
  AND NOT EXISTS (
    SELECT FROM export_pages p WHERE p.run_id = e.id AND p.page = numbers.page
  )
ORDER BY numbers.page

-- name: insert
INSERT INTO export_pages (
  run_id, page, organization_id, generation, row_count, byte_count, etag, sha256, crc32,
  content_crc32, content_bytes, adjusted
)
VALUES (
  %(run_id)s, %(page)s, %(organization_id)s, %(generation)s,
  %(row_count)s, %(byte_count)s, %(etag)s, %(sha256)s, %(crc32)s,
  %(content_crc32)s, %(content_bytes)s, %(adjusted)s
)
ON CONFLICT ON CONSTRAINT export_pages_pkey DO NOTHING

-- name: count_progress
-- A count over rows, never + 1, so that a page recorded twice counts once.
UPDATE exports
SET pages_done = done.pages, rows_done = done.rows, bytes_done = done.bytes,
    progressed_at = clock_timestamp()
FROM (
  SELECT count(*) AS pages, coalesce(sum(row_count), 0) AS rows,
         coalesce(sum(byte_count), 0) AS bytes
  FROM export_pages WHERE run_id = %(run_id)s
) done
WHERE id = %(run_id)s
