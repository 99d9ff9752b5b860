-- Held while the parts are deleted: a retry, which would write new ones, waits.
SELECT
  id, organization_id, requested_by, status, generation, day_bucket, request_key,
  pages_total, pages_done, object_key, row_count, byte_count, execution_name,
  execution_arn, cancel_requested_at, format, consistency
FROM exports
WHERE id = %(run_id)s AND status = 'cancelled' AND leftovers_pending
FOR NO KEY UPDATE SKIP LOCKED
