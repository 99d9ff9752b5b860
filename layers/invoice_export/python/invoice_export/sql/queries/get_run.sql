SELECT {run} FROM exports WHERE id = %(run_id)s
