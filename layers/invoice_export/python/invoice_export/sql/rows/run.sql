-- What RunRow holds of a row of exports.
id, organization_id, requested_by, status, generation, day_bucket, request_key,
pages_total, pages_done, object_key, row_count, byte_count, execution_name,
execution_arn, cancel_requested_at, planned_at, format, consistency
