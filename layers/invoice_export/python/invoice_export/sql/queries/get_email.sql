SELECT id, status, attempts, generation, claim_expires_at < clock_timestamp() AS claim_expired
FROM email_deliveries
WHERE run_id = %(run_id)s AND kind = %(kind)s
  AND (kind = 'completed' OR generation = %(generation)s)
FOR NO KEY UPDATE
