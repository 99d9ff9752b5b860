-- What `make audit-verify` reads. It calls no function that only this schema has but the
-- list of organisations: an owner of the database could have replaced one.

-- name: heads
SELECT organization_id, seq, encode(hash, 'hex') AS hash
FROM invoice_export.system_audit_heads()

-- name: records
SELECT
  seq,
  encode(previous_hash, 'hex') AS previous_hash,
  encode(hash, 'hex') AS hash,
  id::text AS id, action, subject, actor,
  payload::text AS payload,
  event_key,
  to_char(created_at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US"Z"') AS time
FROM invoice_export.audit_logs
WHERE organization_id = %(organization_id)s
ORDER BY seq, id
