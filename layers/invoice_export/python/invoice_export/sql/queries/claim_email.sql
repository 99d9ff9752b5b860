UPDATE email_deliveries
SET status = 'sending',
    attempts = attempts + 1,
    claim_expires_at = clock_timestamp() + make_interval(secs => %(claim_seconds)s)
WHERE id = %(id)s AND status = 'pending'
RETURNING id, status, attempts, generation, false AS claim_expired
