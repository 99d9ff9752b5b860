"""Independent readers of workbooks: rows of cells, the header first."""

# ruff: noqa: PLC0415 - a judge may be missing, so it is imported only when it runs

import json
import re
import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any
from xml.etree import ElementTree as ET

from tests.judges.readers import ROOT, libreoffice, module, node, open_document

Rows = list[list[Any]]
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a workbook's times have no zone
SHEETJS = Path(__file__).parent / "sheetjs.cjs"
TABLE = "{urn:oasis:names:tc:opendocument:xmlns:table:1.0}"
OFFICE = "{urn:oasis:names:tc:opendocument:xmlns:office:1.0}"
TEXT = "{urn:oasis:names:tc:opendocument:xmlns:text:1.0}"
# Characters that XML cannot hold, and what looks like their escape.
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
ESCAPED = re.compile(f"{CONTROLS.pattern}|_(?=x[0-9A-Fa-f]{{4}}_)")
NOT_CHARACTERS = re.compile("[\ufffe\uffff]")
NONE = re.compile("(?!)")


@dataclass(frozen=True)
class Judge:
    """A reader, and what it cannot hold."""

    read: Callable[[Path], Rows]
    missing: Callable[[], str | None]
    # How far its times are from the database's.
    times: timedelta
    # The characters that it shows as the file spells them: ``_x0007_``.
    escaped: re.Pattern[str] = NONE
    # The characters that it drops.
    dropped: re.Pattern[str] = NONE
    # Whether it may turn carriage returns and line feeds into other ones.
    mixes_line_ends: bool = False

    def same(self, seen: str, true: str) -> bool:
        """Return whether it sees a text, but for what it cannot hold."""
        true = self.escaped.sub(lambda found: f"_x{ord(found[0]):04X}_", true)
        true = self.dropped.sub("", true)
        return self._line_ends(seen) == self._line_ends(true)

    def _line_ends(self, text: str) -> str:
        return re.sub("[\r\n]+", "\n", text) if self.mixes_line_ends else text


def with_openpyxl(path: Path) -> Rows:
    import openpyxl

    book = openpyxl.load_workbook(path, read_only=True)
    return [list(row) for row in book.worksheets[0].iter_rows(values_only=True)]


def with_pandas(path: Path) -> Rows:
    import pandas

    frame = pandas.read_excel(
        path, engine="calamine", header=None, dtype=object, na_filter=False
    )
    rows: Rows = frame.to_numpy().tolist()
    return rows


def with_polars(path: Path) -> Rows:
    import polars

    frame = polars.read_excel(path, engine="calamine", infer_schema_length=None)
    return [frame.columns, *(list(row) for row in frame.iter_rows())]


def with_duckdb(path: Path) -> Rows:
    import duckdb
    import duckdb_extensions

    duckdb_extensions.import_extension("excel")
    with duckdb.connect() as connection:
        connection.execute("LOAD excel")
        rows = connection.execute(
            "SELECT * FROM read_xlsx(?, header = false, all_varchar = true,"
            " stop_at_empty = false)",
            [str(path)],
        ).fetchall()
    return [list(row) for row in rows]


def with_sheetjs(path: Path) -> Rows:
    done = subprocess.run(
        ["node", str(SHEETJS), str(path)], capture_output=True, check=True, cwd=ROOT
    )
    return [json.loads(line) for line in done.stdout.splitlines()]


def with_libreoffice(path: Path) -> Rows:
    """Read what LibreOffice makes of the file; it must find no formula."""
    rows: Rows = []
    for _, element in ET.iterparse(open_document(path)):
        if element.tag == f"{TABLE}table-row":
            cells = [
                each
                for cell in element.iter(f"{TABLE}table-cell")
                for each in [_open_document_cell(cell)] * _repeated(cell, "columns")
            ][:8]
            if any(cell is not None for cell in cells):
                rows.extend([cells] * _repeated(element, "rows"))
            element.clear()
    return rows


def _repeated(element: ET.Element, what: str) -> int:
    # The rest of the sheet is one empty cell, repeated.
    return min(int(element.get(f"{TABLE}number-{what}-repeated", "1")), 8)


def _open_document_cell(cell: ET.Element) -> Any:
    assert cell.get(f"{TABLE}formula") is None
    kind = cell.get(f"{OFFICE}value-type")
    if kind is None:
        return None
    if kind == "float":
        return float(cell.get(f"{OFFICE}value", ""))
    if kind == "date":
        return datetime.fromisoformat(cell.get(f"{OFFICE}date-value", "")[:26])
    return "\n".join(_paragraph(each) for each in cell.findall(f"{TEXT}p"))


def _paragraph(element: ET.Element) -> str:
    text = element.text or ""
    for child in element:
        if child.tag == f"{TEXT}s":
            text += " " * int(child.get(f"{TEXT}c", "1"))
        elif child.tag == f"{TEXT}tab":
            text += "\t"
        elif child.tag == f"{TEXT}line-break":
            text += "\n"
        else:
            text += _paragraph(child)
        text += child.tail or ""
    return text


MILLISECOND = timedelta(milliseconds=1)
MICROSECONDS = timedelta(microseconds=2)
JUDGES = {
    "openpyxl": Judge(with_openpyxl, module("openpyxl"), MILLISECOND, escaped=ESCAPED),
    "pandas": Judge(
        with_pandas, module("python_calamine"), MILLISECOND, escaped=NOT_CHARACTERS
    ),
    "polars": Judge(
        with_polars, module("fastexcel"), MILLISECOND, escaped=NOT_CHARACTERS
    ),
    "duckdb": Judge(
        with_duckdb, module("duckdb_extensions"), MICROSECONDS, escaped=ESCAPED
    ),
    "sheetjs": Judge(
        with_sheetjs, node("@e965/xlsx"), MICROSECONDS, mixes_line_ends=True
    ),
    "libreoffice": Judge(
        with_libreoffice,
        libreoffice,
        MICROSECONDS,
        dropped=CONTROLS,
        mixes_line_ends=True,
    ),
}
