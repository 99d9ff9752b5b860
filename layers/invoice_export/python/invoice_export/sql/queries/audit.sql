-- Rows of audit_logs: append-only.

-- name: append
INSERT INTO audit_logs (organization_id, action, subject, actor, payload, event_key)
VALUES (%(organization_id)s, %(action)s, %(subject)s, %(actor)s, %(payload)s, %(event_key)s)
ON CONFLICT (organization_id, event_key) DO NOTHING

-- name: list_page
SELECT
  id, action, subject, actor,
  (SELECT {known_name} FROM find_member(actor) m) AS actor_name, payload, created_at
FROM audit_logs
WHERE organization_id = %(organization_id)s
  AND (created_at, id) < (%(after_at)s, %(after_id)s)
ORDER BY created_at DESC, id DESC
LIMIT %(limit)s

-- name: list_heads
SELECT organization_id, seq, encode(hash, 'hex') AS hash FROM system_audit_heads()
