SELECT m.role, o.name AS organization_name
FROM members m
JOIN organizations o ON o.id = m.organization_id
WHERE m.organization_id = %(organization_id)s AND m.user_id = %(user_id)s
