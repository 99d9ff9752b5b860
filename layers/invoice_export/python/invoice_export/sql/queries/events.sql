-- Rows of event_outbox: what subscribers are told.

-- name: insert
INSERT INTO event_outbox (organization_id, run_id, generation, type, payload)
SELECT
  organization_id, id, generation, %(type)s,
  jsonb_strip_nulls(jsonb_build_object(
    'organizationId', organization_id,
    'runId', id,
    'dataset', dataset,
    'attempt', generation,
    'status', status,
    'requestedAt', requested_at,
    'completedAt', completed_at,
    'queueSeconds', extract(epoch FROM started_at - queued_at),
    'runSeconds', extract(epoch FROM completed_at - started_at),
    'rowCount', row_count,
    'bytes', byte_count,
    'errorCode', error_code
  ))
FROM exports WHERE id = %(run_id)s
ON CONFLICT ON CONSTRAINT event_outbox_once_key DO NOTHING

-- name: list_unpublished
SELECT organization_id, event_id FROM system_unpublished_events(%(at_most)s)

-- name: lock
SELECT
  o.id, o.organization_id, o.type, o.payload, o.created_at,
  w.url AS webhook_url, w.secret AS webhook_secret
FROM event_outbox o
LEFT JOIN webhook_endpoints w ON w.organization_id = o.organization_id
WHERE o.id = %(id)s AND o.published_at IS NULL
FOR UPDATE OF o

-- name: mark_published
UPDATE event_outbox SET published_at = clock_timestamp() WHERE id = %(id)s
