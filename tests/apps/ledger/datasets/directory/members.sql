SELECT
  organization_id, user_id,
  CASE WHEN admin THEN 'admin' ELSE 'member' END AS role
FROM billing.memberships
WHERE status = 'active'
