INSERT INTO members (organization_id, user_id, role) VALUES (%s, %s, %s)
ON CONFLICT (organization_id, user_id) DO UPDATE SET role = excluded.role;
