UPDATE event_outbox SET published_at = clock_timestamp() WHERE id = %(id)s
