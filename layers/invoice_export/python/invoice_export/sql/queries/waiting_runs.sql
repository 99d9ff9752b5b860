SELECT organization_id, run_id FROM system_waiting_runs() LIMIT %(limit)s
