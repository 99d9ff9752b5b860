INSERT INTO audit_logs (organization_id, action, subject, actor, payload, event_key)
VALUES (%(organization_id)s, %(action)s, %(subject)s, %(actor)s, %(payload)s, %(event_key)s)
ON CONFLICT (organization_id, event_key) DO NOTHING
