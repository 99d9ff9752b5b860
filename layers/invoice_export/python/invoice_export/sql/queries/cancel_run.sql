UPDATE exports
SET status = 'cancelled',
    completed_at = clock_timestamp(),
    cancel_requested_at = clock_timestamp(),
    leftovers_pending = (status = 'running' OR pages_total IS NOT NULL),
    object_key = NULL, row_count = NULL, byte_count = NULL,
    download_url = NULL, file_expires_at = NULL
WHERE id = %(run_id)s
RETURNING
  id, organization_id, requested_by, status, generation, day_bucket, request_key,
  pages_total, pages_done, object_key, row_count, byte_count, execution_name,
  execution_arn, cancel_requested_at, planned_at, format, consistency
