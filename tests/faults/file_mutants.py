"""Deliberate breaks of files."""

from collections import ChainMap
from collections.abc import Callable
from contextlib import ExitStack
from copy import copy
from dataclasses import replace
from typing import Any
from unittest.mock import patch

from msgspec import structs
from psycopg.sql import SQL, Composed

from invoice_export.contracts.start_options import StartOptions
from invoice_export.domain.dataset import Kind
from invoice_export.domain.dialects import UTC, Preset
from invoice_export.domain.requests import ExportRequest
from invoice_export.formats import gzip_member, zip_archive
from invoice_export.formats.csv import Csv
from invoice_export.formats.jsonl import JsonLines
from invoice_export.formats.xlsx import Sheet
from invoice_export.formats.zip_archive import Entry
from invoice_export.steps import compose_file
from invoice_export.store import database
from invoice_export.store.reading import Parts
from tests.faults.breaks import Break, Mutant, swapped
from tests.faults.laboratory import Laboratory


def _page_with(bound: str, sign: str, other: str) -> Break:
    """Compare a page's bound in another way; the plan compares as ever."""

    def apply(stack: ExitStack, _: Laboratory) -> None:
        original = database.compose_with

        def changed(name: str, parts: Any) -> Any:
            if name == "exported_rows.copy_page" and parts[bound] != SQL("TRUE"):
                old, new = SQL(sign), SQL(other)
                text = [new if each == old else each for each in parts[bound]]
                parts = ChainMap({bound: Composed(text)}, parts)
            return original(name, parts)

        stack.enter_context(patch.object(database, "compose_with", changed))

    return apply


def _columns_swapped(form: str) -> Break:
    """Write two columns of texts into each other's place, under the same header."""
    original = Parts.cells.fget
    assert original is not None

    def changed(parts: Parts) -> Any:
        request, parts = parts._request, copy(parts)
        columns = list(request.columns)
        texts = [at for at, column in enumerate(columns) if column.kind in TEXTS]
        if request.format == form and len(texts) > 1:
            first, second = texts[:2]
            columns[first], columns[second] = columns[second], columns[first]
        parts._request = replace(request, columns=tuple(columns))
        return original(parts)

    return swapped(Parts, "cells", property(changed))


TEXTS = (Kind.TEXT, Kind.PLAIN)


def _in_utc(request: ExportRequest) -> ExportRequest:
    """Return the request with its times in UTC."""
    return replace(request, dialect=structs.replace(request.dialect, time_zone=UTC))


def _copy_as(form: Any, change: Callable[[ExportRequest], ExportRequest]) -> Break:
    """Read other cells than the request asks for, under the same header."""
    original = form.copy

    def copy(self: Any, request: ExportRequest) -> Any:
        return original(self, change(request))

    return swapped(form, "copy", copy)


def _join_others(stack: ExitStack, _: Laboratory) -> None:
    """Join the parts in another order than the pages have."""
    original = compose_file._sources

    def changed(run: Any, pages: Any, pieces: Any) -> Any:
        sources = original(run, pages, pieces)
        places = [at for at, each in enumerate(pieces) if isinstance(each, int)]
        for at, other in zip(places, reversed(places), strict=True):
            if at < other:
                sources[at], sources[other] = sources[other], sources[at]
        return sources

    stack.enter_context(patch.object(compose_file, "_sources", changed))
    # S3 would notice: it knows the checksum of the whole.
    checksums = patch.object(compose_file, "describe_file", _describe_reversed)
    stack.enter_context(checksums)


DESCRIBE = compose_file.describe_file


def _describe_reversed(run: Any, pages: Any, pieces: Any, **more: Any) -> Any:
    places = [each for each in pieces if isinstance(each, int)][::-1]
    turned = [places.pop(0) if isinstance(each, int) else each for each in pieces]
    return DESCRIBE(run, pages, turned, **more)


def _without_preset(options: StartOptions, default: Preset) -> Any:
    """Choose the dialect as if the request named no preset."""
    return DIALECT(options.model_copy(update={"preset": None}), default)


DIALECT = StartOptions._chosen_dialect


def _header_of_another_size(entry: Entry) -> bytes:
    """Give a reader that does not wait for the directory another size."""
    with patch.object(Entry, "size", SIZE(entry) + 1):
        return HEADER(entry)


HEADER = zip_archive._local_header
TRAILER = gzip_member.trailer
CRC32: Any = Entry.crc32.fget  # type: ignore[attr-defined]
SIZE: Any = Entry.size.fget  # type: ignore[attr-defined]


def _without_last_line_end(form: Any) -> Break:
    original = form.writer

    def writer(self: Any, request: Any) -> Any:
        write = original(self, request)

        def changed(rows: Any) -> Any:
            written = write(rows)
            return written._replace(text=bytes(written.text)[:-1])

        return changed

    return swapped(form, "writer", writer)


OF_FILES = (
    Mutant(
        "gzip trailer of another length",
        swapped(gzip_member, "trailer", lambda crc, length: TRAILER(crc, length + 1)),
        ("every_format",),
        noticed_by=("incorrect length check",),
    ),
    Mutant(
        "gzip trailer of another checksum",
        swapped(gzip_member, "trailer", lambda crc, length: TRAILER(crc ^ 1, length)),
        ("every_format",),
        noticed_by=("incorrect data check",),
    ),
    Mutant(
        "parts joined in another order",
        _join_others,
        ("every_format",),
        noticed_by=(
            "rows in another order",
            "another header",
            "incorrect header check",
            "sheet1.xml is damaged",
            "a byte-order mark is missing",
        ),
    ),
    Mutant(
        "page without its first row",
        _page_with("lower", ">=", ">"),
        ("every_format",),
        noticed_by=(
            "rows are missing",
            "an estimate counts other rows than the file has",
        ),
    ),
    Mutant(
        "page with the next page's row",
        _page_with("upper", "<", "<="),
        ("every_format",),
        noticed_by=(
            "rows too many",
            "an estimate counts other rows than the file has",
        ),
    ),
    Mutant(
        "columns in another order",
        _columns_swapped("csv"),
        ("every_format",),
        noticed_by=(
            "other cells in seller, id",
            "other cells in id, number",
        ),
    ),
    Mutant(
        "workbook's columns in another order",
        _columns_swapped("xlsx"),
        ("every_format",),
        noticed_by=(
            "other cells in seller, id",
            "other cells in id, number",
        ),
    ),
    Mutant(
        "workbook counts a row too many",
        swapped(Sheet, "cells", property(lambda sheet: f"A1:D{sheet.rows + 1}")),
        ("every_format",),
        noticed_by=("its dimension is not that of its rows",),
    ),
    Mutant(
        "workbook with another checksum",
        swapped(Entry, "crc32", property(lambda entry: CRC32(entry) ^ 1)),
        ("every_format",),
        noticed_by=("is damaged",),
    ),
    Mutant(
        "workbook's entry of another size",
        swapped(Entry, "size", property(lambda entry: SIZE(entry) + 1)),
        ("every_format",),
        noticed_by=("has another size",),
    ),
    Mutant(
        "workbook's entry with two sizes",
        swapped(zip_archive, "_local_header", _header_of_another_size),
        ("every_format",),
        noticed_by=("has two different headers",),
    ),
    Mutant(
        "preset forgotten",
        swapped(StartOptions, "_chosen_dialect", _without_preset),
        ("every_format",),
        noticed_by=("a byte-order mark is missing",),
    ),
    Mutant(
        "line without its end at a seam",
        _without_last_line_end(JsonLines),
        ("every_format",),
        noticed_by=("the last line has no end",),
    ),
    Mutant(
        "times in no zone but UTC",
        _copy_as(Csv, _in_utc),
        ("every_format",),
        noticed_by=("other cells in createdAt",),
    ),
)
