-- The rows that are exported. Braces name what the dataset decides.

-- name: count
SELECT count(*) FROM {table} WHERE {organization} = %(organization_id)s

-- name: estimate
-- The planner's estimate, from its statistics; no row is read.
EXPLAIN (FORMAT JSON) SELECT FROM {table} WHERE {organization} = %(organization_id)s

-- name: measure_row
-- The newest rows are the sample: a page's size needs to be about right. Zero only
-- without any row.
SELECT coalesce(avg(pg_column_size(newest.*)), 0)::integer
FROM (
  SELECT {columns}
  FROM {table}
  WHERE {organization} = %(organization_id)s
  ORDER BY {time} DESC, {id} DESC
  LIMIT 1000
) newest

-- name: find_page_starts
-- Keyset hops: each page's first key is one page after the previous page's, found in the
-- index, so the cost is one walk over it. clock_timestamp() comes after the snapshot: no
-- row that this transaction sees was inserted later.
WITH RECURSIVE starts AS (
  (
    SELECT 1 AS page, first.{time} AS at, first.{id} AS id
    FROM {table} first
    WHERE first.{organization} = %(organization_id)s
    ORDER BY first.{time}, first.{id}
    LIMIT 1
  )
  UNION ALL
  SELECT starts.page + 1, next.at, next.id
  FROM starts
  CROSS JOIN LATERAL (
    SELECT later.{time} AS at, later.{id} AS id
    FROM {table} later
    WHERE later.{organization} = %(organization_id)s
      AND (later.{time}, later.{id}) > (starts.at, starts.id)
    ORDER BY later.{time}, later.{id}
    OFFSET %(page_rows)s - 1
    LIMIT 1
  ) next
  WHERE starts.page < %(at_most)s
),
last AS (
  SELECT newest.{time} AS at, newest.{id} AS id
  FROM {table} newest
  WHERE newest.{organization} = %(organization_id)s
  ORDER BY newest.{time} DESC, newest.{id} DESC
  LIMIT 1
)
SELECT
  array_agg(starts.at::text ORDER BY starts.page) AS page_starts_at,
  array_agg(starts.id ORDER BY starts.page) AS page_start_ids,
  (SELECT at::text FROM last) AS last_created_at,
  (SELECT id FROM last) AS last_id,
  clock_timestamp() AS planned_at
FROM starts

-- name: page_rows
FROM {table}
WHERE {organization} = %(organization_id)s
  AND ({time}, {id}) >= (%(start_created_at)s::timestamptz, %(start_id)s::uuid)
  -- One upper bound per page: comparing every row with a second bound costs a quarter.
  AND CASE WHEN %(next_id)s::uuid IS NULL
    THEN ({time}, {id}) <= (%(last_created_at)s::timestamptz, %(last_id)s::uuid)
    ELSE ({time}, {id}) < (%(next_created_at)s::timestamptz, %(next_id)s::uuid)
  END
  AND {inserted} <= %(planned_at)s::timestamptz

-- name: copy_page
-- domain/csv_format.py finishes the cells, from the end of each row.
COPY (
  SELECT {cells}
  {page}
  ORDER BY {time}, {id}
) TO STDOUT (FORMAT csv)

-- name: count_unusual_times
-- Of the columns whose times SQL finishes; domain/csv_format.py counts the others.
SELECT {unusual} {page}
