SELECT id, organization_id, action, subject, actor, payload, created_at
FROM invoice_export.audit_logs
