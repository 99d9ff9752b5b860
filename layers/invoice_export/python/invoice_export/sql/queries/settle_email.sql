UPDATE email_deliveries
SET status = %(status)s,
    reason = %(reason)s,
    message_id = %(message_id)s,
    claim_expires_at = NULL,
    settled_at = clock_timestamp()
WHERE id = %(id)s AND status = %(from_status)s AND attempts = %(attempts)s
