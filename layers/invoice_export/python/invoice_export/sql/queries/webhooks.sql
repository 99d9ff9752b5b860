-- Rows of webhook_endpoints: one for each organisation.

-- name: get
SELECT organization_id, url, set_by, set_at FROM webhook_endpoints

-- name: replace
INSERT INTO webhook_endpoints (organization_id, url, secret, set_by)
VALUES (%(organization_id)s, %(url)s, %(secret)s, %(set_by)s)
ON CONFLICT (organization_id) DO UPDATE
SET url = excluded.url, secret = excluded.secret, set_by = excluded.set_by, set_at = clock_timestamp()
RETURNING organization_id, url, set_by, set_at

-- name: delete
DELETE FROM webhook_endpoints
