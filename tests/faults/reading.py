"""Reads exported files with the standard library, and says what they should hold.

A cell is a text, or None: numbers with all their digits, times as the format has them.
"""

import csv
import gzip
import io
import json
import re
import struct
import zipfile
import zlib
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any
from xml.etree import ElementTree
from zoneinfo import ZoneInfo

Cell = str | None
# A header, and rows of cells.
Table = tuple[list[str], list[list[Cell]]]
# What each column holds, by its header: text, number or time.
Kinds = Mapping[str, str]

GZIP = 16 + zlib.MAX_WBITS
MARK = b"\xef\xbb\xbf"
DELIMITERS = {"comma": ",", "semicolon": ";", "tab": "\t"}
SHEET = {"": "http://schemas.openxmlformats.org/spreadsheetml/2006/main"}
# An entry's header in front of it; the checksum and both sizes are its last numbers.
LOCAL_HEADER = "<4s5H3L"
EPOCH = datetime(1899, 12, 30)  # noqa: DTZ001 - a sheet's times have no zone
MILLISECOND = timedelta(milliseconds=1)


class BrokenFileError(ValueError):
    """The file is not one of its format."""


@dataclass(frozen=True)
class Asked:
    """The format and the dialect that a request asks for."""

    format: str
    delimiter: str
    mark: bool
    zone: str

    @classmethod
    def by(cls, request: Mapping[str, Any]) -> "Asked":
        """Return what a request asks for; the presets are written out here."""
        excel = request.get("preset") == "excel"
        options = request.get("dialect", {})
        zone = request.get("timeZone", "UTC") if excel else "UTC"
        return cls(
            format=request.get("format", "csv"),
            delimiter=DELIMITERS[
                options.get("delimiter", "semicolon" if excel else "comma")
            ],
            mark=options.get("byteOrderMark", excel),
            zone=options.get("timeZone", zone),
        )

    @property
    def inner(self) -> str:
        """The format without its packing."""
        return self.format.removesuffix(".gz")


def table_of(asked: Asked, body: bytes, kinds: Kinds) -> Table:
    """Return what a file holds. Raises :class:`BrokenFileError`."""
    if asked.format.endswith(".gz"):
        body = _unpacked(body)
    try:
        return READERS[asked.inner](asked, body, kinds)
    except (ValueError, KeyError, zipfile.BadZipFile, zlib.error) as exc:
        told = exc if isinstance(exc, BrokenFileError) else f"{type(exc).__name__}"
        raise BrokenFileError(f"{asked.format}: {told}") from exc


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


def _csv(asked: Asked, body: bytes, kinds: Kinds) -> Table:
    del kinds
    if body.startswith(MARK) != asked.mark:
        raise BrokenFileError(
            "a byte-order mark is missing" if asked.mark else "a byte-order mark"
        )
    if not body.endswith(b"\r\n"):
        raise BrokenFileError("the last line has no end")
    text = io.StringIO(body.removeprefix(MARK).decode(), newline="")
    header, *rows = csv.reader(text, delimiter=asked.delimiter, strict=True)
    return header, [list(row) for row in rows]


def _jsonl(asked: Asked, body: bytes, kinds: Kinds) -> Table:
    del asked
    if not body.endswith(b"\n"):
        raise BrokenFileError("the last line has no end")
    rows = [
        json.loads(line, parse_float=Decimal, parse_int=Decimal)
        for line in body.decode().removesuffix("\n").split("\n")
    ]
    headers = {tuple(row) for row in rows}
    if len(headers) != 1:
        raise BrokenFileError("rows of several shapes")
    header = list(headers.pop())
    return header, [
        [_plain(kinds, name, value) for name, value in row.items()] for row in rows
    ]


def _plain(kinds: Kinds, name: str, value: Any) -> Cell:
    """Return a JSON value as a cell; one of another type looks like nothing else."""
    kind = kinds.get(name, "text")
    if value is None:
        return None
    if kind == "number" and isinstance(value, Decimal):
        return format(value, "f")
    if kind == "number" or not isinstance(value, str):
        return repr(value)
    return _moment(value) if kind == "time" else value


def _moment(text: str) -> str:
    """Return a time with all its digits, or the text if it is none."""
    try:
        return datetime.fromisoformat(text).isoformat(timespec="microseconds")
    except ValueError:
        return text


def _xlsx(asked: Asked, body: bytes, kinds: Kinds) -> Table:
    del asked
    with zipfile.ZipFile(io.BytesIO(body)) as archive:
        for entry in archive.infolist():
            _check_entry(archive, entry, body)
        sheet = ElementTree.fromstring(archive.read("xl/worksheets/sheet1.xml"))
    rows = [row.findall("c", SHEET) for row in sheet.iterfind("sheetData/row", SHEET)]
    dimension = sheet.find("dimension", SHEET)
    assert dimension is not None
    if not re.fullmatch(rf"A1:[A-Z]+{len(rows)}", dimension.get("ref", "")):
        raise BrokenFileError("its dimension is not that of its rows")
    header = ["".join(cell.itertext()) for cell in rows[0]]
    return header, [
        [
            _cell(kinds.get(name, "text"), cell)
            for name, cell in zip(header, row, strict=True)
        ]
        for row in rows[1:]
    ]


def _check_entry(archive: zipfile.ZipFile, entry: zipfile.ZipInfo, body: bytes) -> None:
    """Compare an entry with both of its headers; zipfile believes the directory."""
    numbers = (entry.CRC, entry.compress_size, entry.file_size)
    if struct.unpack_from(LOCAL_HEADER, body, entry.header_offset)[6:] != numbers:
        raise BrokenFileError(f"{entry.filename} has two different headers")
    try:
        size = len(archive.read(entry))
    except (zipfile.BadZipFile, zlib.error) as exc:
        raise BrokenFileError(f"{entry.filename} is damaged") from exc
    if size != entry.file_size:
        raise BrokenFileError(f"{entry.filename} has another size")


def _cell(kind: str, cell: ElementTree.Element) -> Cell:
    text = "".join(cell.itertext())
    if not text:
        return None
    if cell.get("t") == "inlineStr":
        return text if kind == "text" else repr(text)
    if kind == "time":
        return _to_milliseconds(EPOCH + timedelta(days=float(text)))
    return text if kind == "number" else repr(Decimal(text))


def _to_milliseconds(moment: datetime) -> str:
    """Return a time as far as a sheet tells it: it counts days in a double."""
    rounded = EPOCH + round((moment - EPOCH) / MILLISECOND) * MILLISECOND
    return rounded.isoformat(timespec="milliseconds")


READERS: dict[str, Callable[[Asked, bytes, Kinds], Table]] = {
    "csv": _csv,
    "jsonl": _jsonl,
    "xlsx": _xlsx,
}


def expected_in(asked: Asked, rows: Iterable[Iterable[Any]]) -> list[list[Cell]]:
    """Return these rows as a file that was asked for has them."""
    return [[_expected(asked, value) for value in row] for row in rows]


def _expected(asked: Asked, value: Any) -> Cell:
    if value is None:
        return "" if asked.inner == "csv" else None
    if isinstance(value, datetime):
        return _time(asked, value)
    if isinstance(value, Decimal):
        return format(value, "f")
    return guarded(value) if asked.inner == "csv" else str(value)


def guarded(text: str) -> str:
    """Return a text as CSV has it, so that no spreadsheet runs it as a formula."""
    text = re.sub(r"^([=+@\t\r\n-])", r"'\1", text)
    return re.sub(r'([;\t\r\n])(?="*[=+@-])', r"\1'", text)


def _time(asked: Asked, value: datetime) -> str:
    if asked.inner == "csv" and asked.zone == "UTC":
        return value.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    local = value.astimezone(ZoneInfo(asked.zone))
    if asked.inner == "xlsx":
        return _to_milliseconds(local.replace(tzinfo=None))
    return local.isoformat(timespec="microseconds")


def difference(found: Table, expected: Table) -> str | None:
    """Say in a few words how a file differs from what it should hold."""
    (header, rows), (right_header, right_rows) = found, expected
    if header != right_header:
        return "another header"
    if rows == right_rows:
        return None
    if len(rows) == len(right_rows):
        if Counter(map(tuple, rows)) == Counter(map(tuple, right_rows)):
            return "rows in another order"
        cells = zip(zip(*rows, strict=True), zip(*right_rows, strict=True), strict=True)
        names = [name for name, (a, b) in zip(header, cells, strict=True) if a != b]
        return f"other cells in {', '.join(names)}"
    return "rows too many" if len(rows) > len(right_rows) else "rows are missing"
