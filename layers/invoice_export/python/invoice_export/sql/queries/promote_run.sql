UPDATE exports
SET status = 'running',
    execution_name = %(execution_name)s,
    execution_arn = NULL,
    started_at = coalesce(started_at, clock_timestamp()),
    progressed_at = clock_timestamp()
WHERE id = %(run_id)s AND status = 'queued'
