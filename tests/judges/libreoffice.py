"""Cells of a workbook as LibreOffice understands them: it opens the file and saves it.

It is read from a workbook, because LibreOffice's OpenDocument lacks control characters,
and tabs in a cell of several lines.
"""

import re
import zipfile
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import IO, Any
from xml.etree import ElementTree as ET

from tests.judges.cells import EPOCH
from tests.judges.readers import office

MAIN = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ESCAPED = re.compile("_x([0-9A-Fa-f]{4})_")
# LibreOffice makes these formulas of booleans, whoever wrote the file.
BOOLEANS = {"TRUE()": True, "FALSE()": False}


def saved_again(path: Path) -> Iterator[list[Any]]:
    """Read the workbook that LibreOffice saves, as the standard says (ECMA-376).

    LibreOffice must find no formula. Its file has shared strings, so nothing of how
    our files are written is read back.
    """
    folder = path.parent / "saved"
    office(path, folder, "xlsx:Calc MS Excel 2007 XML")
    with zipfile.ZipFile(folder / path.name) as archive:
        with archive.open("xl/sharedStrings.xml") as file:
            texts = [_text(item) for item in _elements(file, f"{MAIN}si")]
        with archive.open("xl/styles.xml") as file:
            times = _time_styles(ET.parse(file).getroot())
        columns = 0
        with archive.open("xl/worksheets/sheet1.xml") as file:
            for row in _elements(file, f"{MAIN}row"):
                cells = {
                    _column(cell.get("r", "")): _cell(cell, texts, times)
                    for cell in row
                }
                columns = columns or len(cells)
                # Behind the last row of a long sheet, LibreOffice adds an empty one.
                if any(cell is not None for cell in cells.values()):
                    yield [cells.get(at) for at in range(columns)]


def _elements(file: IO[bytes], tag: str) -> Iterator[ET.Element]:
    """Yield the elements of a kind; each is emptied when the next one is read."""
    opened: list[ET.Element] = []
    for event, element in ET.iterparse(file, events=("start", "end")):
        if event == "start":
            opened.append(element)
            continue
        opened.pop()
        if element.tag == tag:
            yield element
            opened[-1].clear()


def _text(item: ET.Element) -> str:
    text = "".join(part.text or "" for part in item.iter(f"{MAIN}t"))
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _time_styles(styles: ET.Element) -> set[str]:
    """Return the cell formats that show a year."""
    numbers = {
        form.get("numFmtId")
        for form in styles.iter(f"{MAIN}numFmt")
        if "yy" in form.get("formatCode", "").lower()
    }
    formats = styles.find(f"{MAIN}cellXfs")
    assert formats is not None
    return {
        str(at) for at, each in enumerate(formats) if each.get("numFmtId") in numbers
    }


def _column(place: str) -> int:
    """Return the column of a cell, counted from 0: 1 for ``B7``."""
    number = 0
    for letter in place.rstrip("0123456789"):
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1


def _cell(cell: ET.Element, texts: list[str], times: set[str]) -> Any:
    formula = cell.findtext(f"{MAIN}f")
    if formula is not None:
        return BOOLEANS[formula]
    value = cell.findtext(f"{MAIN}v")
    if value is None:
        return None
    kind = cell.get("t", "n")
    if kind == "s":
        return texts[int(value)]
    assert kind == "n", kind
    number = float(value)
    return EPOCH + timedelta(days=number) if cell.get("s") in times else number
