-- Addresses that get no mail, and the soft bounces on the way there.

-- name: active_suppression
-- Someone who unsubscribed from newsletters still gets the e-mail about their own export.
s.reason <> 'manual_unsubscribe'
AND (s.expires_at IS NULL OR s.expires_at > clock_timestamp())
AND (s.bypass_until IS NULL OR s.bypass_until <= clock_timestamp())

-- name: insert
-- A new bounce replaces the earlier reason and ends a bypass.
INSERT INTO email_suppressions AS present (address, reason, expires_at)
VALUES (
  lower(btrim(%(address)s)), %(reason)s,
  clock_timestamp() + make_interval(days => %(days)s::integer)
)
ON CONFLICT ON CONSTRAINT email_suppressions_pkey
DO UPDATE SET reason = excluded.reason, expires_at = excluded.expires_at, bypass_until = NULL
WHERE excluded.reason <> 'soft_bounces'
  OR present.reason NOT IN ('hard_bounce', 'complaint')
  OR present.bypass_until > clock_timestamp()

-- name: list_members
SELECT u.id AS user_id, u.name, s.reason, s.created_at, s.expires_at
FROM users u
JOIN email_suppressions s ON s.address = lower(btrim(u.email))
WHERE {active_suppression}
ORDER BY u.id

-- name: lift_soft_bounces
WITH member AS (
  SELECT lower(btrim(email)) AS address FROM find_member(%(user_id)s)
), bounces AS (
  DELETE FROM email_soft_bounces b USING member WHERE b.address = member.address
)
DELETE FROM email_suppressions s USING member
WHERE s.address = member.address AND s.reason = 'soft_bounces'

-- name: insert_soft_bounce
INSERT INTO email_soft_bounces (address, feedback_id)
VALUES (lower(btrim(%(address)s)), %(feedback_id)s)
ON CONFLICT ON CONSTRAINT email_soft_bounces_pkey DO NOTHING

-- name: count_soft_bounces
SELECT count(*) FROM email_soft_bounces
WHERE address = lower(btrim(%(address)s))
  AND bounced_at > clock_timestamp() - interval '30 days'
