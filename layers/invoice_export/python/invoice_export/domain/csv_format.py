"""The file's format: RFC 4180, one header, UTF-8 without byte-order mark.

The rows come from PostgreSQL's own CSV writer (``sql/queries/copy_page.sql``), which
quotes, doubles quotes and writes NULL as nothing; what it leaves is the line ending.
"""

from collections.abc import Sequence

COLUMNS = (
    "id",
    "number",
    "customerName",
    "status",
    "total",
    "currency",
    "createdAt",
    "dueAt",
)
CRLF = b"\r\n"
HEADER = ",".join(COLUMNS).encode() + CRLF


def with_crlf(rows: Sequence[memoryview]) -> bytes:
    """Join rows that each end in one line feed, ending each with CRLF instead.

    Only the last byte of a row is its line ending; line feeds inside quotes stay.
    """
    return CRLF.join([row[:-1] for row in rows]) + CRLF
