UPDATE exports SET progressed_at = clock_timestamp() WHERE id = %(run_id)s
