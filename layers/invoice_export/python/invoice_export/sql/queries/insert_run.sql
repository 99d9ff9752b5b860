INSERT INTO exports (organization_id, requested_by, request_key, idempotency_key, lane_seq, format, consistency)
VALUES (%(organization_id)s, %(requested_by)s, %(request_key)s, %(idempotency_key)s, %(lane_seq)s, %(format)s, %(consistency)s)
RETURNING
  id, organization_id, requested_by, status, generation, day_bucket, request_key,
  pages_total, pages_done, object_key, row_count, byte_count, execution_name,
  execution_arn, cancel_requested_at, planned_at, format, consistency
