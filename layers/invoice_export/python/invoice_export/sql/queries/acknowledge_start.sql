WITH acknowledged AS (
  UPDATE execution_starts
  SET acknowledged_at = clock_timestamp()
  WHERE run_id = %(run_id)s AND generation = %(generation)s AND acknowledged_at IS NULL
)
UPDATE exports SET execution_arn = %(execution_arn)s
WHERE id = %(run_id)s AND generation = %(generation)s
