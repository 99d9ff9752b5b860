-- An organisation's lane, and the cap on all running exports.

-- name: open
-- An organisation's first start makes its lane.
INSERT INTO lanes (organization_id) VALUES (%(organization_id)s)
ON CONFLICT DO NOTHING

-- name: lock
-- Every change of an organisation's runs locks this row. NO KEY lets rows that reference
-- the lane be inserted meanwhile.
SELECT organization_id FROM lanes
WHERE organization_id = %(organization_id)s
FOR NO KEY UPDATE

-- name: next_place
UPDATE lanes SET lane_seq = lane_seq + 1
WHERE organization_id = %(organization_id)s
RETURNING lane_seq

-- name: head
-- The next run of a free lane.
SELECT {run}
FROM exports e
WHERE e.organization_id = %(organization_id)s AND e.status = 'queued'
  AND NOT EXISTS (
    SELECT FROM exports r
    WHERE r.organization_id = %(organization_id)s AND r.status = 'running'
  )
ORDER BY e.lane_seq
LIMIT 1

-- name: lock_admission
-- Keeps two lanes from both taking the last place under the cap. Always taken after the
-- lane's row, and held until the transaction ends.
SELECT pg_advisory_xact_lock(7246302)

-- name: may_start
-- First come, first served: with n places left under the cap, the n oldest heads of free
-- lanes may start.
SELECT EXISTS (
  SELECT FROM (
    SELECT run_id, row_number() OVER (ORDER BY queued_at, run_id) AS place
    FROM system_waiting_runs()
  ) waiting
  WHERE waiting.run_id = %(run_id)s
    AND waiting.place <= %(max_running)s - system_running_count()
)

-- name: promote
UPDATE exports
SET status = 'running',
    execution_name = %(execution_name)s,
    execution_arn = NULL,
    started_at = coalesce(started_at, clock_timestamp()),
    progressed_at = clock_timestamp()
WHERE id = %(run_id)s AND status = 'queued'

-- name: list_waiting
SELECT organization_id, run_id FROM system_waiting_runs() LIMIT %(limit)s
