-- The newest rows stand for all: a page's size has to be about right, not exact.
-- Zero only where there is no row.
SELECT coalesce(avg(pg_column_size(newest.*)), 0)::integer
FROM (
  SELECT {columns}
  FROM {table}
  WHERE {organization} = %(organization_id)s
  ORDER BY {time} DESC, {id} DESC
  LIMIT 1000
) newest
