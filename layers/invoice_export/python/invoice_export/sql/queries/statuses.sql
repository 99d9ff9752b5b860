-- A run as its watchers see it.

-- name: status_columns
-- The columns of store.statuses.StatusRow, for a row e of exports and its mail.
e.id AS run_id, e.organization_id, e.requested_by,
(SELECT {known_name} FROM find_member(e.requested_by) m) AS requester_name, e.status,
e.generation AS attempt_count, e.pages_done, e.pages_total, e.rows_done,
e.bytes_done,
CASE WHEN e.status = 'queued' THEN (
  SELECT count(*) FROM exports q
  WHERE q.organization_id = e.organization_id AND q.status = 'queued'
    AND q.lane_seq <= e.lane_seq
) END AS queue_position,
e.requested_at, e.started_at, e.completed_at, e.row_count, e.byte_count,
e.format, e.consistency, e.dataset, e.request, e.file_crc32,
e.download_url, e.file_expires_at, e.error_code, e.error_message, e.execution_arn,
e.day_bucket, e.object_key,
mail.status AS email, mail.report AS email_report

-- name: shown_email
-- The only e-mail that tells the end of a run e. LIMIT keeps it a look-up for each run.
SELECT d.status, d.report FROM email_deliveries d
WHERE d.run_id = e.id
  AND d.kind = CASE WHEN e.status = 'failed' THEN 'failed' ELSE 'completed' END
  AND (d.kind = 'completed' OR d.generation = e.generation)
LIMIT 1

-- name: get
-- For a poll every second: one indexed read.
SELECT {status}
FROM exports e LEFT JOIN LATERAL ({shown_email}) mail ON true
WHERE e.id = %(run_id)s

-- name: list_page
-- The values come with the statement, so the planner drops the filters that are null.
SELECT {status}
FROM exports e LEFT JOIN LATERAL ({shown_email}) mail ON true
WHERE e.organization_id = %(organization_id)s
  AND (e.requested_at, e.id) < (%(after_at)s, %(after_id)s)
  AND (%(status)s::text IS NULL OR e.status = %(status)s)
  AND (%(requested_by)s::text IS NULL OR e.requested_by = %(requested_by)s)
ORDER BY e.requested_at DESC, e.id DESC
LIMIT %(limit)s
