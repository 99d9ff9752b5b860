UPDATE exports SET leftovers_pending = false WHERE id = %(run_id)s
