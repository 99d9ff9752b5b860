-- SES's word settles a claim, also one that had been given up as unknown. An event
-- that names no delivery is about the run's result mail.
UPDATE email_deliveries
SET status = %(status)s,
    reason = %(reason)s,
    message_id = coalesce(message_id, %(message_id)s),
    claim_expires_at = NULL,
    settled_at = clock_timestamp()
WHERE run_id = %(run_id)s AND status IN ('sending', 'unknown')
  AND CASE WHEN %(delivery_id)s::uuid IS NULL
    THEN kind = 'completed'
    ELSE id = %(delivery_id)s::uuid
  END
