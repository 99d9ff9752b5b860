-- A page ends before the next one's first key; the last one with the last key.
SELECT
  page_starts_at[%(page)s] AS start_created_at,
  page_start_ids[%(page)s] AS start_id,
  page_starts_at[%(page)s + 1] AS next_created_at,
  page_start_ids[%(page)s + 1] AS next_id,
  last_created_at,
  last_id,
  planned_at
FROM exports
WHERE id = %(run_id)s AND %(page)s <= pages_total
