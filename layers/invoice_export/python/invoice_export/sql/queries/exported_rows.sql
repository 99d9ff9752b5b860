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
-- On its own: the next statement is planned with what this one sets.
SELECT open_walk(%(query)s)

-- name: walk_on
-- Measures rows from the first hop on and from the last but one: a page's size needs to
-- be about right. The samples are lateral, so that PostgreSQL plans one query for both.
-- clock_timestamp() comes after the snapshot: no row that this transaction sees was
-- inserted later.
SELECT
  coalesce(starts, '{{}}') AS starts,
  coalesce(lengths, '{{}}') AS lengths,
  clock_timestamp() AS planned_at,
  (
    SELECT coalesce(max(bytes), 0)
    FROM unnest(ARRAY[1, nullif(cardinality(lengths) - 2, 1)]) AS _hop (number)
    CROSS JOIN LATERAL (
      SELECT avg(pg_column_size(sample.*))::integer
      FROM (
        SELECT {columns} FROM {view}
        WHERE {from_start}
        ORDER BY {key}
        LIMIT 50
      ) sample
    ) measured (bytes)
  ) AS row_bytes
FROM (
  SELECT array_agg(ARRAY[{walked_key}]), array_agg(rows)
  FROM walk_on(%(walk)s, %(hops)s, %(hop_rows)s, NULL::{keys_view}) AS walked
) AS _hops (starts, lengths)

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
