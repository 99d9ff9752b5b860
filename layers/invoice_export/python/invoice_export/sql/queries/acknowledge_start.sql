WITH acknowledged AS (
  UPDATE execution_starts
  SET acknowledged_at = clock_timestamp()
  WHERE run_id = %(run_id)s AND generation = %(generation)s AND acknowledged_at IS NULL
)
-- A sweep that found nothing to start knows no ARN, and must not forget a known one.
UPDATE exports SET execution_arn = coalesce(%(execution_arn)s, execution_arn)
WHERE id = %(run_id)s AND generation = %(generation)s
