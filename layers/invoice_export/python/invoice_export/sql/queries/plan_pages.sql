-- Keyset hops: each page's first key is found one page behind the last one's, in the
-- index, so the cost is one walk over it. clock_timestamp() is read after the snapshot
-- was taken: no row that this transaction sees was inserted later than that.
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
  array_agg(starts.at ORDER BY starts.page) AS page_starts_at,
  array_agg(starts.id ORDER BY starts.page) AS page_start_ids,
  (SELECT at FROM last) AS last_created_at,
  (SELECT id FROM last) AS last_id,
  clock_timestamp() AS planned_at
FROM starts
