-- The planner's own guess, from its statistics: nothing is read.
EXPLAIN (FORMAT JSON) SELECT FROM {table} WHERE {organization} = %(organization_id)s
