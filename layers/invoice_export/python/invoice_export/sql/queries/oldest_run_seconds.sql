SELECT system_oldest_run_seconds()
