-- Held while parts and uploads are removed: a retry, which would make new ones, waits.
SELECT {run}
FROM exports
WHERE id = %(run_id)s AND status IN ('cancelled', 'failed') AND leftovers_pending
FOR NO KEY UPDATE SKIP LOCKED
