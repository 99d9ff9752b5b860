INSERT INTO export_pages (run_id, page, organization_id, generation, row_count,
                          byte_count, etag, finished_at,
                          sha256, crc32, content_crc32, content_bytes)
-- The sample's export has no file in S3, and so no checksums.
VALUES (%(run)s, %(page)s, %(organization)s, 1, %(rows)s, %(bytes)s, %(etag)s, %(finished)s,
        '', 0, 0, %(bytes)s)
ON CONFLICT (run_id, page) DO NOTHING;
