SELECT organization_id, event_id FROM system_unpublished_events(%(at_most)s)
