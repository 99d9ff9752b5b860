INSERT INTO export_pages (run_id, page, organization_id, generation, row_count,
                          byte_count, etag, finished_at)
VALUES (%(run)s, %(page)s, %(organization)s, 1, %(rows)s, %(bytes)s, %(etag)s, %(finished)s)
ON CONFLICT (run_id, page) DO NOTHING;
