-- The planner's own guess, from its statistics: nothing is read.
EXPLAIN (FORMAT JSON) SELECT FROM invoices WHERE organization_id = %(organization_id)s
