SELECT set_config('app.org_id', '', true)
