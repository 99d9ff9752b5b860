INSERT INTO export_pages (run_id, page, organization_id, generation, row_count, byte_count, etag)
VALUES (%(run_id)s, %(page)s, %(organization_id)s, %(generation)s, %(row_count)s, %(byte_count)s, %(etag)s)
ON CONFLICT ON CONSTRAINT export_pages_pkey DO NOTHING
