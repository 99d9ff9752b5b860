-- Rows of email_deliveries: one e-mail each.

-- name: lock
SELECT id, status, attempts, generation, claim_expires_at < clock_timestamp() AS claim_expired
FROM email_deliveries
WHERE run_id = %(run_id)s AND kind = %(kind)s
  AND (kind = 'completed' OR generation = %(generation)s)
FOR NO KEY UPDATE

-- name: insert
INSERT INTO email_deliveries (organization_id, run_id, kind, generation)
VALUES (%(organization_id)s, %(run_id)s, %(kind)s, %(generation)s)
ON CONFLICT DO NOTHING

-- name: claim
UPDATE email_deliveries
SET status = 'sending',
    attempts = attempts + 1,
    claim_expires_at = clock_timestamp() + make_interval(secs => %(claim_seconds)s)
WHERE id = %(id)s AND status = 'pending'
RETURNING id, status, attempts, generation, false AS claim_expired

-- name: release
-- After a definitive refusal nothing was sent, so the claim may be taken again.
UPDATE email_deliveries
SET status = 'pending', claim_expires_at = NULL, reason = %(reason)s
WHERE id = %(id)s AND status = 'sending' AND attempts = %(attempts)s

-- name: record_outcome
UPDATE email_deliveries
SET status = %(status)s,
    reason = %(reason)s,
    message_id = %(message_id)s,
    claim_expires_at = NULL,
    settled_at = clock_timestamp()
WHERE id = %(id)s AND status = %(from_status)s AND attempts = %(attempts)s

-- name: named_email
-- An event of SES that names no delivery is about the run's result e-mail.
CASE WHEN %(delivery_id)s::uuid IS NULL
  THEN kind = 'completed'
  ELSE id = %(delivery_id)s::uuid
END

-- name: record_event
-- An event of SES decides an open claim, and one that was given up as unknown.
UPDATE email_deliveries
SET status = %(status)s,
    reason = %(reason)s,
    message_id = coalesce(message_id, %(message_id)s),
    claim_expires_at = NULL,
    settled_at = clock_timestamp()
WHERE run_id = %(run_id)s AND status IN ('sending', 'unknown')
  AND {named_email}

-- name: record_report
-- Events come in any order, and more than once. Of two reports the later one in the
-- life of a mail stays: delivered, bounced, complained.
UPDATE email_deliveries
SET report = %(report)s
WHERE run_id = %(run_id)s
  AND coalesce(array_position(%(order)s::text[], report), 0)
    < array_position(%(order)s::text[], %(report)s)
  AND {named_email}
