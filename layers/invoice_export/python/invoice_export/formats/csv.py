"""CSV: RFC 4180 in UTF-8 with one header row, or a dialect of it."""

import csv
import io
from itertools import takewhile

from invoice_export.domain.adjustments import Adjustment
from invoice_export.domain.dataset import Column, Kind
from invoice_export.domain.dialects import UTC, Delimiter
from invoice_export.domain.requests import ExportRequest
from invoice_export.formats.csv_rows import CRLF, TIMES_FINISHED, finish_rows
from invoice_export.formats.format import Copy, Format, Rows, Writer, Written
from invoice_export.formats.packed import Packed
from invoice_export.formats.times import RFC_3339, ZONED

BYTE_ORDER_MARK = b"\xef\xbb\xbf"
# A function of the schema guards texts that begin like a formula.
TEXT = "csv_text({value}::text)"
TIME = "csv_time({instant})"
# COPY's names for the delimiters that it does not have by default.
OPTIONS = {
    Delimiter.COMMA: "FORMAT csv",
    Delimiter.SEMICOLON: "FORMAT csv, DELIMITER ';'",
    Delimiter.TAB: "FORMAT csv, DELIMITER E'\\t'",
}


class Csv(Format):
    """RFC 4180, or a dialect."""

    name = "csv"
    label = "CSV"
    about = "For spreadsheets and for programs"
    media_type = "text/csv; charset=utf-8"
    has_dialects = True

    def copy(self, request: ExportRequest) -> Copy:
        in_sql = _times_in_sql(request)
        return Copy(
            [_cell(request, column, in_sql) for column in request.columns],
            OPTIONS[request.dialect.delimiter],
            uncounted=in_sql,
        )

    def opening(self, request: ExportRequest) -> bytes:
        text = io.StringIO(newline="")
        writer = csv.writer(
            text,
            delimiter=request.dialect.delimiter.character,
            lineterminator=CRLF.decode(),
        )
        writer.writerow(request.headers)
        mark = BYTE_ORDER_MARK if request.dialect.byte_order_mark else b""
        return mark + text.getvalue().encode()

    def writer(self, request: ExportRequest) -> Writer:
        delimiter = request.dialect.delimiter.character.encode()
        times = times_at_end(request)
        texts = frozenset(
            at for at, column in enumerate(request.columns) if column.kind is Kind.TEXT
        )

        def write(rows: Rows) -> Written:
            finished = finish_rows(rows, times, texts, delimiter)
            if not finished.unusual_times:
                return Written(finished.text)
            counted = {Adjustment.UNUSUAL_TIME: finished.unusual_times}
            return Written(finished.text, counted)

        return write


def times_at_end(request: ExportRequest) -> int:
    """Return how many times at the end of a row are finished on bytes."""
    if request.dialect.time_zone != UTC:
        return 0
    backwards = reversed(request.columns[-TIMES_FINISHED:])
    return len(list(takewhile(lambda column: column.kind.is_time, backwards)))


def _times_in_sql(request: ExportRequest) -> list[Column]:
    before = request.columns[: len(request.columns) - times_at_end(request)]
    return [column for column in before if column.kind.is_time]


def _cell(request: ExportRequest, column: Column, in_sql: list[Column]) -> str:
    if column.kind is Kind.TEXT:
        return TEXT
    if not column.kind.is_time:
        return "{value}"
    if request.dialect.time_zone != UTC:
        return ZONED
    return RFC_3339 if column in in_sql else TIME


FORMATS = (
    Csv(),
    Packed(Csv(), about="A CSV file packed with gzip: for large files"),
)
