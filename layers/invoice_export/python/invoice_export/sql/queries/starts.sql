-- Rows of execution_starts: executions that a commit has promised.

-- name: insert
INSERT INTO execution_starts (run_id, generation, organization_id, execution_name, input)
VALUES (%(run_id)s, %(generation)s, %(organization_id)s, %(execution_name)s, %(input)s)

-- name: get_open
SELECT s.organization_id, s.run_id, s.generation, s.execution_name, s.input
FROM execution_starts s
JOIN exports e ON e.id = s.run_id AND e.generation = s.generation
WHERE s.run_id = %(run_id)s AND s.generation = %(generation)s
  AND s.acknowledged_at IS NULL AND e.status = 'running'

-- name: acknowledge
WITH acknowledged AS (
  UPDATE execution_starts
  SET acknowledged_at = clock_timestamp()
  WHERE run_id = %(run_id)s AND generation = %(generation)s AND acknowledged_at IS NULL
)
-- A sweep that finds nothing to start has no ARN and must keep a known one.
UPDATE exports SET execution_arn = coalesce(%(execution_arn)s, execution_arn)
WHERE id = %(run_id)s AND generation = %(generation)s
