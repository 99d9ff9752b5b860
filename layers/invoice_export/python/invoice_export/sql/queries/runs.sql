-- Rows of exports: a run, from its request to its end.

-- name: run_columns
-- The columns of store.runs.RunRow.
id, organization_id, requested_by, status, generation, day_bucket, request_key,
pages_total, pages_done, object_key, row_count, byte_count, execution_name,
execution_arn, cancel_requested_at, planned_at, column_widths, format, consistency, dataset,
fingerprint

-- name: get
SELECT {run} FROM exports WHERE id = %(run_id)s

-- name: lock
SELECT {run} FROM exports WHERE id = %(run_id)s FOR NO KEY UPDATE

-- name: find_today
SELECT {run}
FROM exports
WHERE organization_id = %(organization_id)s AND requested_by = %(requested_by)s
  AND day_bucket = (clock_timestamp() AT TIME ZONE 'UTC')::date
  AND dataset = %(dataset)s AND request_key = %(request_key)s
  AND idempotency_key IS NULL
FOR NO KEY UPDATE

-- name: find_by_key
SELECT {run}
FROM exports
WHERE organization_id = %(organization_id)s AND requested_by = %(requested_by)s
  AND idempotency_key = %(idempotency_key)s
FOR NO KEY UPDATE

-- name: count_queued
SELECT count(*) FROM exports
WHERE organization_id = %(organization_id)s AND status = 'queued'

-- name: insert
INSERT INTO exports (
  organization_id, requested_by, request_key, idempotency_key, lane_seq, format,
  consistency, dataset, fingerprint, request
)
VALUES (
  %(organization_id)s, %(requested_by)s, %(request_key)s, %(idempotency_key)s,
  %(lane_seq)s, %(format)s, %(consistency)s, %(dataset)s, %(fingerprint)s, %(request)s
)
RETURNING {run}

-- name: requeue
-- The same run continues under a new generation, at the end of the lane.
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
    cleanup_pending = false
WHERE id = %(run_id)s AND status IN ('failed', 'cancelled')
RETURNING {run}

-- name: needs_new_plan
-- A cancelled run's objects are deleted; a failed run's expire, or were missing when it
-- failed. The margin is a day: S3 expires by the day, and the run still has to use them.
SELECT coalesce(
  cancel_requested_at IS NOT NULL
  OR fingerprint <> %(fingerprint)s
  OR error_code = 'PARTS_MISMATCH'
  OR CASE WHEN object_key IS NOT NULL
    THEN file_expires_at < clock_timestamp() + interval '1 day'
    ELSE planned_at < clock_timestamp() - make_interval(days => %(part_retention_days)s - 1)
  END, false)
FROM exports WHERE id = %(run_id)s

-- name: forget_plan
-- Parts or file are gone, or the dataset has changed: the run plans again.
WITH gone AS (DELETE FROM export_pages WHERE run_id = %(run_id)s)
UPDATE exports
SET page_starts = NULL, last_key = NULL, planned_at = NULL, column_widths = NULL, pages_total = NULL, pages_done = 0,
    rows_done = 0, bytes_done = 0, row_count = NULL, byte_count = NULL, object_key = NULL,
    file_crc32 = NULL,
    download_url = NULL, file_expires_at = NULL,
    fingerprint = %(fingerprint)s
WHERE id = %(run_id)s

-- name: record_file
UPDATE exports
SET object_key = %(object_key)s,
    row_count = %(row_count)s,
    byte_count = %(byte_count)s,
    file_crc32 = %(file_crc32)s,
    download_url = %(download_url)s,
    -- A file that an earlier generation composed keeps its age.
    file_expires_at = coalesce(
      file_expires_at, clock_timestamp() + make_interval(days => %(file_retention_days)s)
    ),
    progressed_at = clock_timestamp()
WHERE id = %(run_id)s

-- name: finish
UPDATE exports
SET status = %(status)s,
    completed_at = clock_timestamp(),
    error_code = %(error_code)s,
    error_message = %(error_message)s,
    -- A worker that died or is late may leave an upload open.
    cleanup_pending = (%(status)s = 'failed' AND pages_total IS NOT NULL)
WHERE id = %(run_id)s
RETURNING {run}

-- name: cancel
UPDATE exports
SET status = 'cancelled',
    completed_at = clock_timestamp(),
    cancel_requested_at = clock_timestamp(),
    -- A retry that plans again forgets the plan, not the parts written by it.
    cleanup_pending = (
      status = 'running' OR pages_total IS NOT NULL OR generation > 1
    ),
    object_key = NULL, row_count = NULL, byte_count = NULL,
    download_url = NULL, file_expires_at = NULL
WHERE id = %(run_id)s
RETURNING {run}

-- name: lock_for_cleanup
-- Locked while parts and uploads are removed, so that a retry waits before it adds new
-- ones.
SELECT {run}
FROM exports
WHERE id = %(run_id)s AND status IN ('cancelled', 'failed') AND cleanup_pending
FOR NO KEY UPDATE SKIP LOCKED

-- name: mark_clean
UPDATE exports SET cleanup_pending = false WHERE id = %(run_id)s

-- name: rows_per_second
-- Of the organisation's last finished exports, from start to end.
SELECT sum(recent.row_count) / nullif(sum(recent.seconds), 0)
FROM (
  SELECT row_count, extract(epoch FROM completed_at - started_at) AS seconds
  FROM exports
  WHERE organization_id = %(organization_id)s AND status = 'completed'
    AND row_count > %(at_least)s
  ORDER BY requested_at DESC
  LIMIT 5
) recent
