-- Held while parts and uploads are removed: a retry, which would make new ones, waits.
SELECT
  id, organization_id, requested_by, status, generation, day_bucket, request_key,
  pages_total, pages_done, object_key, row_count, byte_count, execution_name,
  execution_arn, cancel_requested_at, planned_at, format, consistency
FROM exports
WHERE id = %(run_id)s AND status IN ('cancelled', 'failed') AND leftovers_pending
FOR NO KEY UPDATE SKIP LOCKED
