"""SQL for times that formats share.

``{instant}`` is a timestamptz, or a timestamp in UTC.
"""

# RFC 3339 has no form for other times; csv_time() has the same bounds.
USUAL = (
    "({instant} >= timestamptz '0001-01-01 00:00:00+00'"
    " AND {instant} < timestamptz '10000-01-01 00:00:00+00')"
)
# csv_time() leaves a space where RFC 3339 has a T, for formats that finish bytes.
RFC_3339 = (
    f"CASE WHEN {USUAL} THEN replace(csv_time({{instant}}), ' ', 'T')"
    " ELSE csv_time({instant}) END"
)
# With the zone's offset at that instant.
ZONED = "zoned_time({instant}::timestamptz, {zone})"
