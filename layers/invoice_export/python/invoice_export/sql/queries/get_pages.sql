SELECT page, row_count, byte_count, etag, sha256, crc32 FROM export_pages
WHERE run_id = %(run_id)s
ORDER BY page
