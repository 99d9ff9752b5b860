UPDATE exports
SET status = %(status)s,
    completed_at = clock_timestamp(),
    error_code = %(error_code)s,
    error_message = %(error_message)s,
    -- A worker that died, or is late, may leave an upload open.
    leftovers_pending = (%(status)s = 'failed' AND pages_total IS NOT NULL)
WHERE id = %(run_id)s
RETURNING
  id, organization_id, requested_by, status, generation, day_bucket, request_key,
  pages_total, pages_done, object_key, row_count, byte_count, execution_name,
  execution_arn, cancel_requested_at, planned_at, format, consistency
