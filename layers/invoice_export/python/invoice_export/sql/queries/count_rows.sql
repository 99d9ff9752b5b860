SELECT count(*) FROM {table} WHERE {organization} = %(organization_id)s
