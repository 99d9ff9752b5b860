-- Organisations, users and members: who belongs where.

-- name: get_membership
-- Of the current organisation.
SELECT role, organization_name FROM find_member(%(user_id)s)

-- name: list_memberships
SELECT user_name, organization_id, organization_name, role
FROM system_memberships(%(user_id)s)

-- name: find_recipient
-- The requester, if still a member with an address, and why that is suppressed.
SELECT m.name, m.email, m.organization_name, s.reason AS suppressed_for
FROM find_member(%(user_id)s) m
LEFT JOIN email_suppressions s
  ON s.address = lower(btrim(m.email)) AND {active_suppression}
WHERE m.email IS NOT NULL
