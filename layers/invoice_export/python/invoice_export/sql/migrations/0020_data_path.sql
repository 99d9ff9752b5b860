-- How a cell is written. Both functions are inlined into the query that calls them
-- (a test looks at the plan), so a row costs no call.

-- The formula guard: a spreadsheet runs a text that begins with = + - @ TAB CR or LF.
-- Most texts begin with a letter, which one comparison of bytes tells.
CREATE FUNCTION csv_text(cell text) RETURNS text
  LANGUAGE sql IMMUTABLE PARALLEL SAFE
  RETURN CASE
    WHEN cell ~>=~ 'A' THEN cell
    WHEN ascii(cell) IN (61, 43, 45, 64, 9, 13, 10) THEN '''' || cell
    ELSE cell
  END;

-- YYYY-MM-DD HH:MM:SS.ffffffZ in UTC, always 27 characters; the T takes the place of
-- the space in domain/csv_format.py. Half the cost of to_char. What RFC 3339 has no
-- form for (before year 1, after 9999, infinite) is PostgreSQL's own text without a Z.
-- The output of a timestamp follows DateStyle: the page's transaction sets ISO.
CREATE FUNCTION csv_time(at timestamptz) RETURNS text
  LANGUAGE sql STABLE PARALLEL SAFE
  RETURN CASE
    WHEN at >= timestamptz '0001-01-01 00:00:00+00' AND at < timestamptz '10000-01-01 00:00:00+00'
    THEN (at AT TIME ZONE interval '0')::text || CASE
      -- PostgreSQL drops trailing zeros: give them back.
      WHEN at <> at::timestamptz(5) THEN 'Z'
      WHEN at = at::timestamptz(0) THEN '.000000Z'
      WHEN at <> at::timestamptz(4) THEN '0Z'
      WHEN at <> at::timestamptz(3) THEN '00Z'
      WHEN at <> at::timestamptz(2) THEN '000Z'
      WHEN at <> at::timestamptz(1) THEN '0000Z'
      ELSE '00000Z'
    END
    ELSE (at AT TIME ZONE interval '0')::text
  END;

-- What was asked for. It never changes once the run is there.
ALTER TABLE exports
  ADD COLUMN format text NOT NULL DEFAULT 'csv'
    CONSTRAINT exports_format_check CHECK (format IN ('csv', 'csv.gz')),
  ADD COLUMN consistency text NOT NULL DEFAULT 'pages'
    CONSTRAINT exports_consistency_check CHECK (consistency IN ('pages', 'snapshot')),
  -- CRC-32 of the whole file, as S3 shows and verifies it (base64).
  ADD COLUMN file_crc32 text;

-- What the manifest says of a part; unknown for pages of before.
ALTER TABLE export_pages
  ADD COLUMN sha256 text,
  ADD COLUMN crc32 bigint;
