SELECT planned_at FROM exports WHERE id = %(run_id)s
