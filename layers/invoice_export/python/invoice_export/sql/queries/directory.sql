-- Organisations, users and members: who belongs where.

-- name: get_membership
-- Of the current organisation.
SELECT role, organization_name FROM find_member(%(user_id)s)

-- name: known_name
-- What members may read of a row m of find_member. A user without a name goes by the
-- address there, and that is private.
CASE WHEN m.name IS DISTINCT FROM m.email THEN m.name END

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
