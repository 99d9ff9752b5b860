"""Reads the records of an exported audit log, in any of the file formats."""

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator, Mapping
from itertools import product
from pathlib import Path
from typing import Any
from xml.etree.ElementTree import Element
from zipfile import BadZipFile, ZipFile

from defusedxml.ElementTree import iterparse

from invoice_export.domain.audit_chain import ChainedRecord

GZIP, ZIP = b"\x1f\x8b", b"PK"
SPREADSHEET = "{http://schemas.openxmlformats.org/spreadsheetml/2006/main}"
ESCAPED = re.compile(r"_x([0-9A-Fa-f]{4})_")
GUARDED = re.compile(r"'[=+\-@\t\r\n]")
NEEDED = (
    *("seq", "previousHash", "hash", "id", "action", "subject", "actor", "payload"),
    *("eventKey", "hashedTime"),
)


class NoProofError(Exception):
    """The file is no audit log, or lacks a column of the proof."""


class _Digits(str):
    """A number, with the digits that it was written with."""

    __slots__ = ()


def read_file(file: Path) -> list[ChainedRecord]:
    """Return the records by their places. Raises NoProofError."""
    try:
        records = [_record(row) for row in _rows(file.read_bytes())]
    except (KeyError, ValueError, BadZipFile, EOFError) as exc:
        needed = ", ".join(NEEDED)
        raise NoProofError(
            f"{file} is no audit log with its proof: export it with {needed}"
        ) from exc
    return sorted(records, key=lambda record: record.seq)


def _rows(content: bytes) -> Iterator[Mapping[str, Any]]:
    if content.startswith(GZIP):
        content = gzip.decompress(content)
    if content.startswith(ZIP):
        return _workbook(content)
    text = content.decode("utf-8-sig")
    return _json_lines(text) if text.startswith("{") else _csv(text)


def _json_lines(text: str) -> Iterator[Mapping[str, Any]]:
    for line in text.split("\n"):
        if line:
            row = json.loads(line, parse_int=_Digits, parse_float=_Digits)
            yield row | {"payload": as_jsonb(row["payload"])}


def _csv(text: str) -> Iterator[Mapping[str, Any]]:
    header = text.partition("\r\n")[0]
    delimiter = max(",;\t", key=header.count)
    return csv.DictReader(io.StringIO(text, newline=""), delimiter=delimiter)


def _workbook(content: bytes) -> Iterator[Mapping[str, Any]]:
    with ZipFile(io.BytesIO(content)) as book:
        sheets = [name for name in book.namelist() if "/worksheets/sheet" in name]
        for sheet in sheets:
            header: list[str] = []
            with book.open(sheet) as part:
                for _, row in iterparse(part):
                    if row.tag != f"{SPREADSHEET}row":
                        continue
                    cells = [_cell(cell) for cell in row]
                    if header:
                        yield dict(zip(header, cells, strict=True))
                    header = header or cells
                    row.clear()


def _cell(cell: Element) -> str:
    text = "".join(each.text or "" for each in cell.iter() if each is not cell)
    return ESCAPED.sub(lambda found: chr(int(found[1], 16)), text)


def _record(row: Mapping[str, Any]) -> ChainedRecord:
    """Return the record that the row stands for.

    A file may have no NULL, and CSV guards texts that a spreadsheet would run. Among
    the values that a cell can stand for, the hash tells the right ones.
    """
    cells = [_meanings(row[n]) for n in ("action", "subject", "actor", "eventKey")]
    records = [
        ChainedRecord(
            seq=int(row["seq"]),
            previous_hash=row["previousHash"],
            hash=row["hash"],
            id=row["id"],
            action=action or "",
            subject=subject,
            actor=actor,
            payload=row["payload"],
            event_key=event_key,
            time=row["hashedTime"],
        )
        for action, subject, actor, event_key in product(*cells)
    ]
    fitting = (each for each in records if each.hash_at(each.seq) == each.hash)
    return next(fitting, records[0])


def _meanings(cell: str | None) -> list[str | None]:
    if not cell:
        return [None, ""]
    return [cell, cell[1:]] if GUARDED.match(cell) else [cell]


def as_jsonb(value: Any) -> str:
    """Return a value as PostgreSQL writes a jsonb: keys by length, then by bytes."""
    if isinstance(value, dict):
        items = sorted(value.items(), key=lambda item: (len(item[0].encode()), item[0]))
        texts = (f"{as_jsonb(key)}: {as_jsonb(each)}" for key, each in items)
        return f"{{{', '.join(texts)}}}"
    if isinstance(value, list):
        return f"[{', '.join(map(as_jsonb, value))}]"
    if isinstance(value, _Digits):
        return value
    return json.dumps(value, ensure_ascii=False)
