SELECT
  o.id, o.organization_id, o.type, o.payload, o.created_at,
  w.url AS webhook_url, w.secret AS webhook_secret
FROM event_outbox o
LEFT JOIN webhook_endpoints w ON w.organization_id = o.organization_id
WHERE o.id = %(id)s AND o.published_at IS NULL
FOR UPDATE OF o
