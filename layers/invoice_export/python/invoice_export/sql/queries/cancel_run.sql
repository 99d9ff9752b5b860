UPDATE exports
SET status = 'cancelled',
    completed_at = clock_timestamp(),
    cancel_requested_at = clock_timestamp(),
    leftovers_pending = (status = 'running' OR pages_total IS NOT NULL),
    object_key = NULL, row_count = NULL, byte_count = NULL,
    download_url = NULL, file_expires_at = NULL
WHERE id = %(run_id)s
RETURNING {run}
