-- The newest rows stand for all: a page's size has to be about right, not exact.
SELECT coalesce(avg(pg_column_size(newest.*)), 0)::integer
FROM (
  SELECT id, number, customer_name, status, total, currency, created_at, due_at
  FROM invoices
  WHERE organization_id = %(organization_id)s
  ORDER BY created_at DESC, id DESC
  LIMIT 1000
) newest
