INSERT INTO export_pages
  (run_id, page, organization_id, generation, row_count, byte_count, etag, sha256, crc32)
VALUES (
  %(run_id)s, %(page)s, %(organization_id)s, %(generation)s,
  %(row_count)s, %(byte_count)s, %(etag)s, %(sha256)s, %(crc32)s
)
ON CONFLICT ON CONSTRAINT export_pages_pkey DO NOTHING
