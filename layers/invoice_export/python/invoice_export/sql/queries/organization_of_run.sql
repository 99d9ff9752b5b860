SELECT system_organization_of_run(%(run_id)s)
