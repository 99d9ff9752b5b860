"""JSON lines: an object per row, in the columns' order, written by PostgreSQL."""

import json

from invoice_export.domain.adjustments import Adjustment, Adjustments
from invoice_export.domain.dataset import Column, Kind
from invoice_export.domain.dialects import UTC
from invoice_export.domain.requests import ExportRequest
from invoice_export.formats.cells import (
    MARK,
    MARKED,
    SEPARATOR,
    Template,
    block_of,
    escaped,
    options,
)
from invoice_export.formats.format import Copy, Format, Rows, Writer, Written
from invoice_export.formats.packed import Packed
from invoice_export.formats.times import USUAL, ZONED

# The session's zone is UTC, see act_for().
UTC_TIME = "{instant}::timestamptz"
# PostgreSQL's JSON of numbers that JSON lacks.
NOT_FINITE = (b'"NaN"', b'"Infinity"', b'"-Infinity"')


class JsonLines(Format):
    """An object per line; numbers are numbers with all their digits."""

    name = "jsonl"
    label = "JSON lines"
    about = "One JSON object per row: for data pipelines"
    media_type = "application/x-ndjson"

    def copy(self, request: ExportRequest) -> Copy:
        in_utc = request.dialect.time_zone == UTC
        cells = [_cell(column, in_utc=in_utc) for column in request.columns]
        return Copy(cells, options(null="null"))

    def writer(self, request: ExportRequest) -> Writer:
        columns = len(request.columns)
        names = (
            escaped(json.dumps(name, ensure_ascii=False)) for name in request.headers
        )
        row = ",".join(f"{name}:%b" for name in names)
        template = Template(f"{{{row}}}\n".encode(), columns)
        numbers = [
            at
            for at, column in enumerate(request.columns)
            if column.kind is Kind.NUMBER
        ]

        def write(rows: Rows) -> Written:
            cells = block_of(rows, _on_one_line).split(SEPARATOR)
            text = template.fill(cells)
            adjusted = Adjustments()
            if any(each in text for each in NOT_FINITE):
                adjusted[Adjustment.NOT_FINITE] = sum(
                    cell in NOT_FINITE for at in numbers for cell in cells[at::columns]
                )
            if MARK in text:
                adjusted[Adjustment.UNUSUAL_TIME] = text.count(MARK)
                text = text.replace(MARK, b"")
            return Written(text, +adjusted)

        return write


def _cell(column: Column, *, in_utc: bool) -> str:
    if column.kind.is_time:
        time = f"to_json({UTC_TIME if in_utc else ZONED})::text"
        return f"CASE WHEN {USUAL} THEN {time} ELSE {MARKED}{time} END"
    if column.kind in (Kind.TEXT, Kind.CHOICE):
        return "to_json({value}::text)"
    return "to_json({value})"


def _on_one_line(cell: bytes) -> bytes:
    """Return a value of the type ``json``: it may have line ends between its parts."""
    return cell.replace(b"\r", b" ").replace(b"\n", b" ")


FORMATS = (
    JsonLines(),
    Packed(JsonLines(), about="JSON lines packed with gzip: for large files"),
)
