"""Reads exported files with the standard library, and says what they should hold."""

import csv
import gzip
import io
import json
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Mapping, Sequence
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

# A header, and rows of texts, numbers and times.
Table = tuple[list[str], list[list[Any]]]
Read = Callable[[bytes, "Kinds"], Table]
# What each column holds, by its header.
Kinds = Mapping[str, str]

GZIP = 16 + zlib.MAX_WBITS
SHEET = {"": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's times have no zone
MILLISECOND = timedelta(milliseconds=1)


class BrokenFileError(ValueError):
    """The file is not one of its format."""


def table_of(form: str, body: bytes, kinds: Kinds) -> Table:
    """Return what a file holds. Raises :class:`BrokenFileError`."""
    if form.endswith(".gz"):
        body = _unpacked(body)
    read = READERS[form.removesuffix(".gz")]
    try:
        return read(body, kinds)
    except (ValueError, KeyError, zipfile.BadZipFile, zlib.error) as exc:
        raise BrokenFileError(f"{form}: {type(exc).__name__}: {exc}") from exc


def _unpacked(body: bytes) -> bytes:
    """Return what one gzip member holds, as a reader that stops after it does."""
    member = zlib.decompressobj(GZIP)
    try:
        text = member.decompress(body)
    except zlib.error as exc:
        raise BrokenFileError(f"gzip: {exc}") from exc
    if not member.eof or member.unused_data:
        raise BrokenFileError("gzip: not one whole member")
    assert gzip.decompress(body) == text
    return text


def _csv(body: bytes, kinds: Kinds) -> Table:
    if not body.endswith(b"\r\n"):
        raise BrokenFileError("csv: the last line has no end")
    text = io.StringIO(body.decode(), newline="")
    header, *rows = csv.reader(text, strict=True)
    return header, [_typed(header, row, kinds) for row in rows]


def _jsonl(body: bytes, kinds: Kinds) -> Table:
    rows = [
        json.loads(line, parse_float=Decimal, parse_int=Decimal)
        for line in body.decode().removesuffix("\n").split("\n")
    ]
    headers = {tuple(row) for row in rows}
    if len(headers) != 1:
        raise BrokenFileError("jsonl: rows of several shapes")
    header = list(headers.pop())
    return header, [_typed(header, list(row.values()), kinds) for row in rows]


def _xlsx(body: bytes, kinds: Kinds) -> Table:
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        if bad := archive.testzip():
            raise BrokenFileError(f"xlsx: {bad} is damaged")
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    found = [
        [_cell(cell) for cell in row.findall("c", SHEET)]
        for row in sheet.iterfind("sheetData/row", SHEET)
    ]
    dimension = sheet.find("dimension", SHEET)
    assert dimension is not None
    if not re.fullmatch(rf"A1:[A-Z]+{len(found)}", dimension.get("ref", "")):
        raise BrokenFileError("xlsx: its dimension is not that of its rows")
    header, *rows = found
    return header, [
        [
            EPOCH + timedelta(days=float(value)) if kinds[name] == "time" else value
            for name, value in zip(header, row, strict=True)
        ]
        for row in rows
    ]


def _cell(cell: ElementTree.Element) -> Any:
    text = "".join(cell.itertext())
    return text if cell.get("t") == "inlineStr" else Decimal(text)


READERS: dict[str, Read] = {"csv": _csv, "jsonl": _jsonl, "xlsx": _xlsx}


TYPES: dict[str, Callable[[Any], Any]] = {
    "number": Decimal,
    "text": str,
    "time": datetime.fromisoformat,
}


def _typed(header: Sequence[str], row: Sequence[Any], kinds: Kinds) -> list[Any]:
    return [TYPES[kinds[name]](value) for name, value in zip(header, row, strict=True)]


def expected_in(form: str, zone: str, rows: Iterator[list[Any]]) -> list[list[Any]]:
    """Return these rows as a file of this format and time zone has them."""
    return [[_expected(form, zone, value) for value in row] for row in rows]


def _expected(form: str, zone: str, value: Any) -> Any:
    if not isinstance(value, datetime):
        return value
    local = value.astimezone(ZoneInfo(zone))
    return comparable(local.replace(tzinfo=None) if form == "xlsx" else local)


def comparable(value: Any) -> Any:
    """Return a time as a text that tells its offset, or as far as a sheet tells it.

    A sheet counts days in a double, which tell a millisecond.
    """
    if not isinstance(value, datetime):
        return value
    if value.tzinfo is None:
        return EPOCH + round((value - EPOCH) / MILLISECOND) * MILLISECOND
    return value.isoformat()
