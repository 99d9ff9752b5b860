SELECT organization_id, run_id, generation, reason
FROM system_runs_to_reconcile(
  make_interval(secs => %(stale_after_seconds)s),
  make_interval(secs => %(leftover_grace_seconds)s)
)
