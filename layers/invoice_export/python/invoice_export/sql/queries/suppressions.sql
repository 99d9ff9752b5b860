-- Addresses that get no mail, and the soft bounces on the way there.

-- name: insert
-- A new bounce replaces the earlier reason and ends a bypass.
INSERT INTO email_suppressions (address, reason)
VALUES (lower(btrim(%(address)s)), %(reason)s)
ON CONFLICT ON CONSTRAINT email_suppressions_pkey
DO UPDATE SET reason = excluded.reason, bypass_until = NULL

-- name: insert_soft_bounce
INSERT INTO email_soft_bounces (address, feedback_id)
VALUES (lower(btrim(%(address)s)), %(feedback_id)s)
ON CONFLICT ON CONSTRAINT email_soft_bounces_pkey DO NOTHING

-- name: count_soft_bounces
SELECT count(*) FROM email_soft_bounces
WHERE address = lower(btrim(%(address)s))
  AND bounced_at > clock_timestamp() - interval '30 days'
