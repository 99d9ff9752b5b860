"""Rows of a worksheet: typed cells, as SpreadsheetML (ECMA-376, part 1, 18.3).

A cell names neither its row nor its column, so that a page knows nothing of the others.
"""

import re
from collections.abc import Sequence
from html import escape as escape_markup

from invoice_export.domain.adjustments import Adjustment, Adjustments
from invoice_export.domain.dataset import Kind
from invoice_export.formats.cells import (
    MARK,
    SEPARATOR,
    Template,
    block_of,
    holds,
)
from invoice_export.formats.format import Rows, Writer, Written

# Places in the list of cell formats of xlsx.py.
TIME_STYLE, DATE_STYLE, HEADER_STYLE = 1, 2, 3

# Without the attribute, readers drop spaces at the ends of a text.
TEXT = b'<c t="inlineStr"><is><t xml:space="preserve">%b</t></is></c>'
NUMBER = b"<c><v>%b</v></c>"
BOOLEAN = b'<c t="b"><v>%b</v></c>'
TIME = b'<c s="%d"><v>%%b</v></c>' % TIME_STYLE
DATE = b'<c s="%d"><v>%%b</v></c>' % DATE_STYLE
CELLS = {
    Kind.NUMBER: NUMBER,
    Kind.BOOLEAN: BOOLEAN,
    Kind.DATE: DATE,
    Kind.TIME: TIME,
    Kind.LOCAL_TIME: TIME,
}
EMPTY = b"<c/>"

# Spreadsheets keep so many characters of a cell, as UTF-16 counts them, so many digits
# of a number, and numbers within these bounds.
# https://support.microsoft.com/office/excel-specifications-and-limits
MAX_TEXT = 32_767
MAX_DIGITS = 15
SMALLEST, LARGEST = 2.2251e-308, 1e308

# What XML cannot hold is written as _xHHHH_ (ECMA-376, part 1, 22.9.2.19). A text that
# looks like that has its underscore written so.
UNHOLDABLE = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
LOOKS_ESCAPED = re.compile("_(?=x[0-9A-Fa-f]{4}_)")
CONTROLS = bytes(set(range(32)) - {*b"\t\n\r", *SEPARATOR})
HINTS = (b"_x", b"\xef\xbf\xbe", b"\xef\xbf\xbf", b"NaN", b"Infinity")
NOT_FINITE = (b"NaN", b"Infinity", b"-Infinity")

# The ampersand comes first: the others bring one.
ESCAPED = {
    b"&": b"&amp;",
    b"<": b"&lt;",
    b">": b"&gt;",
    # A parser of XML would turn it into a line feed.
    b"\r": b"&#13;",
    # SheetJS looks for a cell's name, r="A1", in its text too.
    b'="': b"=&quot;",
    b"='": b"=&apos;",
}


def rows_writer(kinds: Sequence[Kind]) -> Writer:
    """Return what writes rows with cells of these kinds."""
    markup = [CELLS.get(kind, TEXT) for kind in kinds]
    row = b"<row>%b</row>" % b"".join(markup)
    template = Template(row, len(kinds))
    empty = {each % b"" for each in markup}

    def write(rows: Rows) -> Written:
        block = block_of(rows, _without_separator)
        if _needs_care(block, rows):
            return _write_with_care(block.split(SEPARATOR), kinds)
        cells = _escape(block).split(SEPARATOR)
        text = template.fill(cells)
        if b"" in cells:
            for each in empty:
                text = text.replace(each, EMPTY)
        return Written(text)

    return write


def header_row(names: Sequence[str]) -> str:
    """Return the first row of a sheet."""
    cells = "".join(
        f'<c s="{HEADER_STYLE}" t="inlineStr"><is><t>{escape_markup(name, quote=False)}'
        "</t></is></c>"
        for name in names
    )
    return f"<row>{cells}</row>"


def _without_separator(cell: bytes) -> bytes:
    return cell.replace(SEPARATOR, b"\x00")


def _escape(text: bytes) -> bytes:
    for characters, escaped in ESCAPED.items():
        if holds(text, characters):
            text = text.replace(characters, escaped)
    return text


def _needs_care(block: bytes, rows: Rows) -> bool:
    """Return whether a cell may be other than its kind's markup can hold."""
    return (
        len(block.translate(None, CONTROLS)) < len(block)
        or any(holds(block, hint) for hint in HINTS)
        or max(map(len, rows)) > MAX_TEXT
    )


def _write_with_care(cells: list[bytes], kinds: Sequence[Kind]) -> Written:
    adjusted = Adjustments()
    columns = len(kinds)
    text = b"".join(
        b"<row>%b</row>"
        % b"".join(
            _cell(cell, kind, adjusted)
            for cell, kind in zip(cells[at : at + columns], kinds, strict=True)
        )
        for at in range(0, len(cells), columns)
    )
    return Written(text, adjusted)


def _cell(cell: bytes, kind: Kind, adjusted: Adjustments) -> bytes:
    if not cell:
        return EMPTY
    markup = CELLS.get(kind)
    if markup is None:
        return TEXT % _text(cell, adjusted)
    if reason := _why_text(cell, kind):
        adjusted[reason] += 1
        return TEXT % _escape(cell.removeprefix(MARK))
    return markup % cell.removeprefix(MARK)


def _why_text(cell: bytes, kind: Kind) -> Adjustment | None:
    """Return why a value of this kind cannot be one in a spreadsheet."""
    if kind is not Kind.NUMBER:
        return Adjustment.UNUSUAL_TIME if cell.startswith(MARK) else None
    if cell in NOT_FINITE:
        return Adjustment.NOT_FINITE
    if cell.startswith(MARK) and not _is_held(cell.removeprefix(MARK)):
        return Adjustment.LONG_NUMBER
    return None


def _is_held(cell: bytes) -> bool:
    """Return whether a spreadsheet keeps every digit of this number."""
    digits = _digits(cell)
    in_range = digits == 0 or SMALLEST <= abs(float(cell)) < LARGEST
    return digits <= MAX_DIGITS and in_range


def _digits(cell: bytes) -> int:
    """Return how many digits a number needs."""
    whole, _, fraction = cell.strip(b"-").partition(b".")
    fraction = fraction.rstrip(b"0")
    digits = whole + fraction if fraction else whole.rstrip(b"0")
    return len(digits.lstrip(b"0"))


def _text(cell: bytes, adjusted: Adjustments) -> bytes:
    text = cell.decode()
    if UNHOLDABLE.search(text):
        adjusted[Adjustment.CONTROL_CHARACTER] += 1
    cut = _cut(text)
    if cut != text:
        adjusted[Adjustment.LONG_TEXT] += 1
    cut = LOOKS_ESCAPED.sub("_x005F_", cut)
    cut = UNHOLDABLE.sub(lambda found: f"_x{_code(found[0]):04X}_", cut)
    return _escape(cut.encode())


def _code(character: str) -> int:
    # PostgreSQL has no U+0000; here it stands for the separator.
    return ord(character) or ord(SEPARATOR)


def _cut(text: str) -> str:
    if len(text) * 2 <= MAX_TEXT:
        return text
    return text.encode("utf-16-le")[: MAX_TEXT * 2].decode("utf-16-le", "ignore")
