-- What a cancelled run wrote is deleted; what a failed one wrote goes at its time, or
-- was gone already when that failed. A day's margin: S3 deletes by the day, and the run
-- still has to use what it finds.
SELECT coalesce(
  cancel_requested_at IS NOT NULL
  OR error_code = 'PARTS_MISMATCH'
  OR CASE WHEN object_key IS NOT NULL
    THEN file_expires_at < clock_timestamp() + interval '1 day'
    ELSE planned_at < clock_timestamp() - make_interval(days => %(part_retention_days)s - 1)
  END, false)
FROM exports WHERE id = %(run_id)s
