-- Keyset hops: each page's first key is found one page behind the last one's, in the
-- index, so the cost is one walk over it. clock_timestamp() is read after the snapshot
-- was taken: no row that this transaction sees was inserted later than that.
WITH RECURSIVE starts AS (
  (
    SELECT 1 AS page, created_at, id
    FROM invoices
    WHERE organization_id = %(organization_id)s
    ORDER BY created_at, id
    LIMIT 1
  )
  UNION ALL
  SELECT starts.page + 1, next.created_at, next.id
  FROM starts
  CROSS JOIN LATERAL (
    SELECT i.created_at, i.id
    FROM invoices i
    WHERE i.organization_id = %(organization_id)s
      AND (i.created_at, i.id) > (starts.created_at, starts.id)
    ORDER BY i.created_at, i.id
    OFFSET %(page_rows)s - 1
    LIMIT 1
  ) next
),
last AS (
  SELECT created_at, id
  FROM invoices
  WHERE organization_id = %(organization_id)s
  ORDER BY created_at DESC, id DESC
  LIMIT 1
)
SELECT
  array_agg(starts.created_at ORDER BY starts.page) AS page_starts_at,
  array_agg(starts.id ORDER BY starts.page) AS page_start_ids,
  (SELECT created_at FROM last) AS last_created_at,
  (SELECT id FROM last) AS last_id,
  clock_timestamp() AS planned_at
FROM starts
