-- Parts or file are gone: the run plans afresh.
WITH gone AS (DELETE FROM export_pages WHERE run_id = %(run_id)s)
UPDATE exports
SET page_starts_at = NULL, page_start_ids = NULL, last_created_at = NULL,
    last_id = NULL, planned_at = NULL, pages_total = NULL, pages_done = 0,
    rows_done = 0, bytes_done = 0, row_count = NULL, byte_count = NULL,
    object_key = NULL, file_crc32 = NULL,
    download_url = NULL, file_expires_at = NULL
WHERE id = %(run_id)s
