SELECT user_name, organization_id, organization_name, role
FROM system_memberships(%(user_id)s)
