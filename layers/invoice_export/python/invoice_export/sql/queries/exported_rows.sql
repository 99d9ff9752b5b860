-- The rows that are exported, read through the dataset's secured view. Braces name what
-- the request decides (store/reading.py); its values are bound parameters.

-- name: count
SELECT count(*) FROM (
  SELECT FROM {view} WHERE {conditions} LIMIT %(at_most)s
) counted

-- name: estimate
-- The planner's estimate, from its statistics; no row is read.
EXPLAIN (FORMAT JSON) SELECT FROM {view} WHERE {conditions}

-- name: walk
-- One scan of the index from its first row to its last. The condition on the first row
-- of a page that a hop by OFFSET needs would be compared with every row.
SELECT {walked_columns} FROM {walked} WHERE {conditions} ORDER BY {key}

-- name: open_walk
SELECT open_walk(%(query)s)

-- name: walk_on
-- A lateral function is called for one stretch after the other, in their order.
SELECT ARRAY(
  SELECT ARRAY[{walked_key}]
  FROM unnest(%(hop_rows)s::bigint[]) AS stretch (hop_rows)
  CROSS JOIN LATERAL walk_on(%(walk)s, %(hops)s, hop_rows, NULL::{keys_view}) AS walked
)

-- name: end_walk
-- The rows of the last hop, the last of them, the moment, and the bytes of a row: a
-- page's size needs to be about right, so samples will do. They are lateral, so that
-- PostgreSQL plans one query for all. clock_timestamp() comes after the snapshot: no
-- row that this transaction sees was inserted later.
SELECT
  current_setting('app.last_hop_rows')::bigint AS rows,
  ARRAY[{walked_key}] AS last_key,
  clock_timestamp() AS planned_at,
  (
    SELECT max(bytes)
    FROM generate_subscripts(%(starts)s::text[], 1) AS _start (number)
    CROSS JOIN LATERAL (
      SELECT avg(pg_column_size(sample.*))::integer
      FROM (
        SELECT {columns} FROM {view}
        WHERE {conditions} AND {from_start}
        ORDER BY {key}
        LIMIT 50
      ) sample
    ) measured (bytes)
  ) AS row_bytes
FROM end_walk(%(walk)s, NULL::{keys_view}) AS walked

-- name: measure_widths
-- The longest text of each column among the first rows, in characters.
SELECT ARRAY[{lengths}]
FROM (
  SELECT {columns} FROM {view}
  WHERE {conditions}
  ORDER BY {key}
  LIMIT 1000
) sample

-- name: copy_page
-- The format finishes the rows (formats/).
COPY (
  SELECT {cells}
  FROM {view}
  WHERE {conditions} AND {lower} AND {upper} AND {cut_off}
  ORDER BY {key}
) TO STDOUT ({copy_options})

-- name: count_unusual_times
-- Of the columns whose times the format does not see.
SELECT {unusual}
FROM {view}
WHERE {conditions} AND {lower} AND {upper} AND {cut_off}

-- name: measure_text
-- The average bytes of a row in the file, without its quotes.
SELECT coalesce(avg(octet_length(sample.*::text)), 0)::integer
FROM (
  SELECT {columns} FROM {view}
  WHERE {conditions}
  ORDER BY {key}
  LIMIT 1000
) sample
