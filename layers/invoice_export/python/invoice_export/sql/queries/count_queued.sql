SELECT count(*) FROM exports
WHERE organization_id = %(organization_id)s AND status = 'queued'
