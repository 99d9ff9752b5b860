-- Organisations, users and members: who belongs where.

-- name: get_membership
SELECT m.role, o.name AS organization_name
FROM members m
JOIN organizations o ON o.id = m.organization_id
WHERE m.organization_id = %(organization_id)s AND m.user_id = %(user_id)s

-- name: list_memberships
SELECT user_name, organization_id, organization_name, role
FROM system_memberships(%(user_id)s)

-- name: find_recipient
-- The requester, if still a member, and why the address is suppressed. Someone who
-- unsubscribed from newsletters still gets the e-mail about their own export.
SELECT u.name, u.email, o.name AS organization_name, s.reason AS suppressed_for
FROM members m
JOIN users u ON u.id = m.user_id
JOIN organizations o ON o.id = m.organization_id
LEFT JOIN email_suppressions s
  ON s.address = lower(btrim(u.email))
  AND s.reason <> 'manual_unsubscribe'
  AND (s.expires_at IS NULL OR s.expires_at > clock_timestamp())
  AND (s.bypass_until IS NULL OR s.bypass_until <= clock_timestamp())
WHERE m.organization_id = %(organization_id)s AND m.user_id = %(user_id)s
