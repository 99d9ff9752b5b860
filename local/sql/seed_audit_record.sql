INSERT INTO audit_logs (id, organization_id, action, subject, actor, payload,
                        event_key, created_at)
VALUES (%(id)s, %(organization)s, %(action)s, %(subject)s, %(actor)s, %(payload)s,
        %(event)s, %(at)s)
ON CONFLICT (id) DO NOTHING;
