SELECT count(*) FROM invoices WHERE organization_id = %(organization_id)s
