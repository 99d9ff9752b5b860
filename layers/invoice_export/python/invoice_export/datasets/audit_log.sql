SELECT
  id, organization_id, action, subject, actor, payload, created_at, event_key, seq,
  to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS hashed_time,
  encode(previous_hash, 'hex') AS previous_hash,
  encode(hash, 'hex') AS hash
FROM invoice_export.audit_logs
