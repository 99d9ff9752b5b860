SELECT {status}
FROM exports e
WHERE e.organization_id = %(organization_id)s
ORDER BY e.requested_at DESC, e.id DESC
LIMIT %(limit)s
