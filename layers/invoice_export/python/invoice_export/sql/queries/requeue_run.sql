-- The same run goes on under a new generation, at the end of the lane.
UPDATE exports
SET status = 'queued',
    generation = generation + 1,
    lane_seq = %(lane_seq)s,
    queued_at = clock_timestamp(),
    execution_name = NULL,
    execution_arn = NULL,
    started_at = NULL,
    completed_at = NULL,
    cancel_requested_at = NULL,
    error_code = NULL,
    error_message = NULL,
    leftovers_pending = false
WHERE id = %(run_id)s AND status IN ('failed', 'cancelled')
RETURNING {run}
