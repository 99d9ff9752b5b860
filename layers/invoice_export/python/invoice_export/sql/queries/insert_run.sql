INSERT INTO exports (organization_id, requested_by, request_key, idempotency_key, lane_seq, format, consistency)
VALUES (%(organization_id)s, %(requested_by)s, %(request_key)s, %(idempotency_key)s, %(lane_seq)s, %(format)s, %(consistency)s)
RETURNING {run}
