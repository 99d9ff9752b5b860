SELECT id, action, subject, actor, payload, created_at
FROM audit_logs
WHERE organization_id = %(organization_id)s
ORDER BY created_at DESC, id DESC
LIMIT %(limit)s
