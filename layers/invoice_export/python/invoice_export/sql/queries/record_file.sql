UPDATE exports
SET object_key = %(object_key)s,
    row_count = %(row_count)s,
    byte_count = %(byte_count)s,
    file_crc32 = %(file_crc32)s,
    download_url = %(download_url)s,
    -- A file that an earlier generation composed is as old as it is.
    file_expires_at = coalesce(
      file_expires_at, clock_timestamp() + make_interval(days => %(file_retention_days)s)
    ),
    progressed_at = clock_timestamp()
WHERE id = %(run_id)s
