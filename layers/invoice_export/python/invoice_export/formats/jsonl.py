"""JSON lines: an object per row, in the columns' order, written by PostgreSQL."""

import json
from collections.abc import Callable, Iterable
from itertools import chain

from invoice_export.domain.adjustments import Adjustment, Adjustments
from invoice_export.domain.dataset import Column, Kind
from invoice_export.domain.dialects import UTC
from invoice_export.domain.requests import ExportRequest
from invoice_export.formats.cells import (
    SEPARATOR,
    Template,
    block_of,
    escaped,
    holds,
    options,
)
from invoice_export.formats.format import Copy, Format, Rows, Writer, Written
from invoice_export.formats.packed import Packed
from invoice_export.formats.times import USUAL, ZONED

# The session's zone is UTC, see act_for().
UTC_TIME = "{instant}::timestamptz"
# How a time begins that RFC 3339 has no form for: PostgreSQL puts it into a list.
LIST = b'["'
# PostgreSQL's JSON of numbers that JSON lacks.
NOT_FINITE = (b'"NaN"', b'"Infinity"', b'"-Infinity"')
HINTS = (b"NaN", b"Infinity")


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
        numbers = _places(request, lambda column: column.kind is Kind.NUMBER)
        times = _places(request, lambda column: column.kind.is_time)

        def write(rows: Rows) -> Written:
            block = block_of(rows, _on_one_line)
            cells = block.split(SEPARATOR)
            adjusted = Adjustments()
            if any(holds(block, hint) for hint in HINTS):
                adjusted[Adjustment.NOT_FINITE] = sum(
                    cell in NOT_FINITE for at in numbers for cell in cells[at::columns]
                )
            if holds(block, LIST):
                adjusted[Adjustment.UNUSUAL_TIME] = _take_from_lists(
                    cells, [range(at, len(cells), columns) for at in times]
                )
            return Written(template.fill(cells), adjusted)

        return write


def _cell(column: Column, *, in_utc: bool) -> str:
    if column.kind.is_time:
        time = UTC_TIME if in_utc else ZONED
        # NULL is neither usual nor not.
        unusual = f"json_of(ARRAY[{time}])"
        return f"CASE WHEN NOT {USUAL} THEN {unusual} ELSE json_of({time}) END"
    if column.kind in (Kind.TEXT, Kind.CHOICE):
        return "json_of({value}::text)"
    return "json_of({value})"


def _places(request: ExportRequest, wanted: Callable[[Column], bool]) -> list[int]:
    return [at for at, column in enumerate(request.columns) if wanted(column)]


def _take_from_lists(cells: list[bytes], columns: Iterable[range]) -> int:
    """Take each of these cells out of its list; return how many were in one."""
    taken = 0
    for at in chain.from_iterable(columns):
        if cells[at].startswith(LIST):
            cells[at] = cells[at][1:-1]
            taken += 1
    return taken


def _on_one_line(cell: bytes) -> bytes:
    """Return a value of the type ``json``: it may have line ends between its parts."""
    return cell.replace(b"\r", b" ").replace(b"\n", b" ")


FORMATS = (
    JsonLines(),
    Packed(JsonLines(), about="JSON lines packed with gzip: for large files"),
)
