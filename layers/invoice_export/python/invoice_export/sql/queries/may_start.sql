-- First come, first served: a run starts if, of all heads of free lanes, it is among
-- as many as there are places left.
SELECT EXISTS (
  SELECT FROM (
    SELECT run_id, row_number() OVER (ORDER BY queued_at, run_id) AS place
    FROM system_waiting_runs()
  ) waiting
  WHERE waiting.run_id = %(run_id)s
    AND waiting.place <= %(max_running)s - system_running_count()
)
