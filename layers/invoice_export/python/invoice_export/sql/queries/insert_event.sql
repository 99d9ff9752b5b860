INSERT INTO event_outbox (organization_id, run_id, generation, type, payload)
SELECT
  organization_id, id, generation, %(type)s,
  jsonb_strip_nulls(jsonb_build_object(
    'organizationId', organization_id,
    'runId', id,
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
