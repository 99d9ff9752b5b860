"""Workbooks: a zip archive whose sheets are joined from pages (ECMA-376, part 1)."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from itertools import count

from invoice_export.domain.dataset import Column, Kind
from invoice_export.domain.dialects import UTC
from invoice_export.domain.requests import ExportRequest
from invoice_export.formats.cells import MARKED, options
from invoice_export.formats.format import Copy, Format, Page, Piece, Writer
from invoice_export.formats.times import RFC_3339, ZONED
from invoice_export.formats.worksheet import header_row, rows_writer
from invoice_export.formats.zip_archive import Entry, Stretch, archive

# https://support.microsoft.com/office/excel-specifications-and-limits
MAX_ROWS = 1_048_576
MAX_SHEET_NAME = 31
# Widths in characters.
MIN_WIDTH, MAX_WIDTH = 8, 60
TIME_WIDTH, DATE_WIDTH = 24, 12
# The filter's button covers the end of a header.
BUTTON = 4

# A time is a number of days. The days before March 1900 are numbered differently by
# different programs, and no program shows a year of five digits, which rounding would
# reach.
DAYS_TO_1970 = 25_569
PER_DAY = "86400.0"
HELD = "{at} >= timestamp '1900-03-01' AND {at} < timestamp '9999-12-31 23:59:59.999'"
NUMBER_CELL = (
    # A numeric may have more digits than a spreadsheet keeps; a float never has.
    "CASE WHEN octet_length({value}::text) <= 15"
    " OR pg_typeof({value}) IN ('real'::regtype, 'double precision'::regtype)"
    f" THEN {{value}}::text ELSE {MARKED}{{value}}::text END"
)
DATE_CELL = (
    "CASE WHEN {value} >= date '1900-03-01' AND {value} < date '10000-01-01'"
    " THEN ({value} - date '1899-12-30')::text"
    f" ELSE {MARKED}{{value}}::text END"
)

DECLARATION = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
SPREADSHEET = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
OFFICE = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
PACKAGE = "http://schemas.openxmlformats.org/package/2006"
TYPES = "application/vnd.openxmlformats-officedocument.spreadsheetml"

# Cell formats in the order of the styles in worksheet.py.
STYLES = (
    f'{DECLARATION}<styleSheet xmlns="{SPREADSHEET}">'
    '<numFmts count="2">'
    '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd\\ hh:mm:ss.000"/>'
    '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd"/></numFmts>'
    '<fonts count="2"><font><sz val="11"/><name val="Calibri"/></font>'
    '<font><b/><sz val="11"/><name val="Calibri"/></font></fonts>'
    '<fills count="2"><fill><patternFill patternType="none"/></fill>'
    '<fill><patternFill patternType="gray125"/></fill></fills>'
    '<borders count="1"><border><left/><right/><top/><bottom/><diagonal/></border>'
    "</borders>"
    '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
    "</cellStyleXfs>"
    '<cellXfs count="4"><xf numFmtId="0" fontId="0" fillId="0" borderId="0" xfId="0"/>'
    '<xf numFmtId="164" fontId="0" fillId="0" borderId="0" xfId="0"'
    ' applyNumberFormat="1"/>'
    '<xf numFmtId="165" fontId="0" fillId="0" borderId="0" xfId="0"'
    ' applyNumberFormat="1"/>'
    '<xf numFmtId="0" fontId="1" fillId="0" borderId="0" xfId="0" applyFont="1"/>'
    "</cellXfs>"
    '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/>'
    "</cellStyles></styleSheet>"
)


class Workbook(Format):
    """Typed cells; beyond the rows that a sheet can have, further sheets."""

    name = "xlsx"
    label = "Excel workbook"
    about = "For spreadsheets: real numbers and dates, filters, nothing to import"
    media_type = f"{TYPES}.sheet"
    packed = True
    measures_widths = True

    def copy(self, request: ExportRequest) -> Copy:
        cells = [_cell(column, request.dialect.time_zone) for column in request.columns]
        return Copy(cells, options(null=""))

    def writer(self, request: ExportRequest) -> Writer:
        return rows_writer([column.kind for column in request.columns])

    def assemble(
        self, request: ExportRequest, pages: Sequence[Page], widths: Sequence[int]
    ) -> list[Piece]:
        sheets = list(_sheets(request, pages))
        return archive(
            [
                _document("[Content_Types].xml", _content_types(sheets)),
                _document("_rels/.rels", _package_relations()),
                _document("xl/workbook.xml", _workbook(sheets)),
                _document("xl/_rels/workbook.xml.rels", _relations(sheets)),
                _document("xl/styles.xml", STYLES),
                *(_worksheet(sheet, request, pages, widths) for sheet in sheets),
            ]
        )


@dataclass(frozen=True)
class Sheet:
    """A sheet: its place, counted from 1, its name, its pages' places and its rows."""

    number: int
    name: str
    pages: range
    rows: int
    columns: int

    @property
    def path(self) -> str:
        return f"worksheets/sheet{self.number}.xml"

    @property
    def cells(self) -> str:
        """All of its cells, with the header's."""
        return f"A1:{_letters(self.columns)}{self.rows}"

    @property
    def cells_by_name(self) -> str:
        """The same, as the workbook names them."""
        return f"'{self.name}'!$A$1:${_letters(self.columns)}${self.rows}"


def _cell(column: Column, zone: str) -> str:
    if column.kind is Kind.NUMBER:
        return NUMBER_CELL
    if column.kind is Kind.BOOLEAN:
        return "{value}::integer"
    if column.kind is Kind.DATE:
        return DATE_CELL
    if not column.kind.is_time:
        return "{value}::text"
    at = "({instant}::timestamptz AT TIME ZONE {zone})"
    days = f"date_part('epoch', {at}) / {PER_DAY} + {DAYS_TO_1970}"
    text = RFC_3339 if zone == UTC else ZONED
    held = HELD.replace("{at}", at)
    return f"CASE WHEN {held} THEN ({days})::text ELSE {MARKED}{text} END"


def _sheets(request: ExportRequest, pages: Sequence[Page]) -> Iterator[Sheet]:
    """Fill sheets with whole pages."""
    start = 0
    for number in count(1):
        if start == len(pages):
            return
        end, rows = start, 1
        while end < len(pages) and (
            end == start or rows + pages[end].row_count <= MAX_ROWS
        ):
            rows += pages[end].row_count
            end += 1
        name = _sheet_name(request.dataset.name, number)
        yield Sheet(number, name, range(start, end), rows, len(request.columns))
        start = end


def _sheet_name(dataset: str, number: int) -> str:
    suffix = f" {number}" if number > 1 else ""
    words = dataset.replace("-", " ").capitalize()
    return words[: MAX_SHEET_NAME - len(suffix)] + suffix


def _worksheet(
    sheet: Sheet, request: ExportRequest, pages: Sequence[Page], widths: Sequence[int]
) -> Entry:
    selected = ' tabSelected="1"' if sheet.number == 1 else ""
    head = (
        f'{DECLARATION}<worksheet xmlns="{SPREADSHEET}">'
        f'<dimension ref="{sheet.cells}"/>'
        f'<sheetViews><sheetView{selected} workbookViewId="0">'
        '<pane ySplit="1" topLeftCell="A2" activePane="bottomLeft" state="frozen"/>'
        "</sheetView></sheetViews>"
        f"<cols>{_columns(request.columns, widths)}</cols>"
        f"<sheetData>{header_row(request.headers)}"
    )
    tail = f'</sheetData><autoFilter ref="{sheet.cells}"/></worksheet>'
    return Entry(
        f"xl/{sheet.path}",
        [
            Stretch.of_text(head),
            *(Stretch.of_page(at, pages[at]) for at in sheet.pages),
            Stretch.of_text(tail, last=True),
        ],
    )


def _columns(columns: Sequence[Column], widths: Sequence[int]) -> str:
    return "".join(
        f'<col min="{n}" max="{n}" width="{_width(column, width)}" customWidth="1"/>'
        for n, (column, width) in enumerate(zip(columns, widths, strict=True), start=1)
    )


def _width(column: Column, measured: int) -> int:
    if column.kind.is_time:
        measured = TIME_WIDTH
    elif column.kind is Kind.DATE:
        measured = DATE_WIDTH
    wanted = max(measured + 1, len(column.header) + BUTTON)
    return min(max(wanted, MIN_WIDTH), MAX_WIDTH)


def _document(name: str, text: str) -> Entry:
    return Entry(name, [Stretch.of_text(text, last=True)])


def _content_types(sheets: Sequence[Sheet]) -> str:
    parts = [("workbook", "sheet.main"), ("styles", "styles")]
    overrides = "".join(
        f'<Override PartName="/xl/{part}.xml" ContentType="{TYPES}.{kind}+xml"/>'
        for part, kind in parts
    ) + "".join(
        f'<Override PartName="/xl/{sheet.path}" ContentType="{TYPES}.worksheet+xml"/>'
        for sheet in sheets
    )
    relations = "application/vnd.openxmlformats-package.relationships+xml"
    return (
        f'{DECLARATION}<Types xmlns="{PACKAGE}/content-types">'
        f'<Default Extension="rels" ContentType="{relations}"/>'
        '<Default Extension="xml" ContentType="application/xml"/>'
        f"{overrides}</Types>"
    )


def _package_relations() -> str:
    return _relationships([("officeDocument", "xl/workbook.xml")])


def _relations(sheets: Sequence[Sheet]) -> str:
    targets = [("worksheet", sheet.path) for sheet in sheets]
    return _relationships([*targets, ("styles", "styles.xml")])


def _relationships(targets: Sequence[tuple[str, str]]) -> str:
    each = "".join(
        f'<Relationship Id="rId{n}" Type="{OFFICE}/{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(targets, start=1)
    )
    return (
        f'{DECLARATION}<Relationships xmlns="{PACKAGE}/relationships">'
        f"{each}</Relationships>"
    )


def _workbook(sheets: Sequence[Sheet]) -> str:
    names = "".join(
        f'<sheet name="{sheet.name}" sheetId="{sheet.number}"'
        f' r:id="rId{sheet.number}"/>'
        for sheet in sheets
    )
    filters = "".join(
        '<definedName name="_xlnm._FilterDatabase"'
        f' localSheetId="{sheet.number - 1}" hidden="1">{sheet.cells_by_name}'
        "</definedName>"
        for sheet in sheets
    )
    return (
        f'{DECLARATION}<workbook xmlns="{SPREADSHEET}" xmlns:r="{OFFICE}">'
        '<bookViews><workbookView activeTab="0"/></bookViews>'
        f"<sheets>{names}</sheets><definedNames>{filters}</definedNames></workbook>"
    )


def _letters(number: int) -> str:
    """Return a column's name: A, B, …, Z, AA, …"""
    letters = ""
    while number:
        number, rest = divmod(number - 1, 26)
        letters = chr(ord("A") + rest) + letters
    return letters


FORMATS = (Workbook(),)
