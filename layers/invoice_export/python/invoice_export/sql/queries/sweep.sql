-- What the sweep looks for, across organisations.

-- name: list_runs_to_repair
SELECT organization_id, run_id, generation, reason
FROM system_runs_to_reconcile(
  make_interval(secs => %(stale_after_seconds)s),
  make_interval(secs => %(cleanup_grace_seconds)s)
)

-- name: oldest_run_seconds
SELECT system_oldest_run_seconds()

-- name: organization_of_run
SELECT system_organization_of_run(%(run_id)s)
