SELECT {run}
FROM exports
WHERE organization_id = %(organization_id)s AND requested_by = %(requested_by)s
  AND day_bucket = (clock_timestamp() AT TIME ZONE 'UTC')::date
  AND request_key = %(request_key)s
FOR NO KEY UPDATE
