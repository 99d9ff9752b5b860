-- A definitive refusal: nothing was sent, so the claim may be taken again.
UPDATE email_deliveries
SET status = 'pending', claim_expires_at = NULL, reason = %(reason)s
WHERE id = %(id)s AND status = 'sending' AND attempts = %(attempts)s
