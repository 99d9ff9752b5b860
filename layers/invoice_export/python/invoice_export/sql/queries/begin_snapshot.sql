-- What an earlier snapshot wrote cannot be joined with this one: it is written again.
-- The new time of planning marks this snapshot's parts and outdates the earlier ones.
WITH outdated AS (DELETE FROM export_pages WHERE run_id = %(run_id)s)
UPDATE exports
SET planned_at = clock_timestamp(), pages_done = 0, rows_done = 0,
    progressed_at = clock_timestamp()
WHERE id = %(run_id)s
RETURNING planned_at
