SELECT
  id, organization_id, requested_by, status, generation, day_bucket, request_key,
  pages_total, pages_done, object_key, row_count, byte_count, execution_name,
  execution_arn, cancel_requested_at, planned_at, format, consistency
FROM exports
WHERE organization_id = %(organization_id)s AND requested_by = %(requested_by)s
  AND day_bucket = (clock_timestamp() AT TIME ZONE 'UTC')::date
  AND request_key = %(request_key)s
FOR NO KEY UPDATE
