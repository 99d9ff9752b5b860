UPDATE exports
SET status = %(status)s,
    completed_at = clock_timestamp(),
    error_code = %(error_code)s,
    error_message = %(error_message)s,
    -- A worker that died, or is late, may leave an upload open.
    leftovers_pending = (%(status)s = 'failed' AND pages_total IS NOT NULL)
WHERE id = %(run_id)s
RETURNING {run}
