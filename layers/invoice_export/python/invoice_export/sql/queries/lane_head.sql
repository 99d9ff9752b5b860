-- The next run of a free lane.
SELECT
  id, organization_id, requested_by, status, generation, day_bucket, request_key,
  pages_total, pages_done, object_key, row_count, byte_count, execution_name,
  execution_arn, cancel_requested_at, planned_at, format, consistency
FROM exports e
WHERE e.organization_id = %(organization_id)s AND e.status = 'queued'
  AND NOT EXISTS (
    SELECT FROM exports r
    WHERE r.organization_id = %(organization_id)s AND r.status = 'running'
  )
ORDER BY e.lane_seq
LIMIT 1
