"""Deliberate breaks of files, of lists and of what webhooks are told."""

import json
from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import replace
from types import SimpleNamespace
from typing import Any
from unittest.mock import patch

from invoice_export.domain.dialects import UTC
from invoice_export.domain.requests import ExportRequest
from invoice_export.formats import gzip_member
from invoice_export.formats.csv import Csv
from invoice_export.formats.jsonl import JsonLines
from invoice_export.formats.xlsx import Sheet, Workbook
from invoice_export.formats.zip_archive import Entry
from invoice_export.steps import compose_file, deliver_event
from invoice_export.store import audit, events, reading
from tests.faults.breaks import Break, Mutant, forget, left_out, sql_with, swapped
from tests.faults.laboratory import Laboratory


def _bound_as(comparison: str, other: str) -> Break:
    """Compare a page's bounds in another way."""
    original = reading._bound

    def changed(dataset: Any, sign: str, name: str, key: Any) -> Any:
        return original(dataset, other if sign == comparison else sign, name, key)

    return swapped(reading, "_bound", changed)


def _columns_backwards(request: ExportRequest) -> ExportRequest:
    """Return the request with its columns in the opposite order."""
    return replace(request, columns=request.columns[::-1])


def _in_utc(request: ExportRequest) -> ExportRequest:
    """Return the request with its times in UTC."""
    return replace(request, dialect=replace(request.dialect, time_zone=UTC))


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


def _deliver_signed_early(delivery: Any, bus: Any, webhooks: Any) -> None:
    """Sign the body, and then write it with other spaces."""

    def post(url: str, body: bytes, headers: Any) -> None:
        webhooks.post(url, json.dumps(json.loads(body)).encode(), headers)

    DELIVER(delivery, bus, SimpleNamespace(post=post))


DELIVER = deliver_event.deliver_event


TRAILER = gzip_member.trailer
CRC32: Any = Entry.crc32.fget  # type: ignore[attr-defined]
APPEND = audit.append_action


def _append_all_but_cancellations(tx: Any, *, action: str, **more: Any) -> None:
    if not action.endswith(".cancelled"):
        APPEND(tx, action=action, **more)


def _lock_without_cancellations(tx: Any, event_id: Any) -> Any:
    row = LOCK(tx, event_id)
    if row and row.type == "export.cancelled":
        return row.model_copy(update={"webhook_url": None})
    return row


LOCK = events.lock_unpublished


def _without_last_line_end(form: Any) -> Break:
    original = form.writer

    def writer(self: Any, request: Any) -> Any:
        write = original(self, request)

        def changed(rows: Any) -> Any:
            written = write(rows)
            return replace(written, text=bytes(written.text)[:-1])

        return changed

    return swapped(form, "writer", writer)


OF_FILES_AND_ANSWERS = (
    Mutant(
        "estimate without conditions",
        left_out("conditions", "exported_rows.count"),
        ("filtered",),
    ),
    Mutant(
        "gzip trailer of another length",
        swapped(gzip_member, "trailer", lambda crc, length: TRAILER(crc, length + 1)),
        ("every_format",),
    ),
    Mutant(
        "gzip trailer of another checksum",
        swapped(gzip_member, "trailer", lambda crc, length: TRAILER(crc ^ 1, length)),
        ("every_format",),
    ),
    Mutant("parts joined in another order", _join_others, ("every_format",)),
    Mutant("request key forgets the format", forget("format"), ("every_format",)),
    Mutant("request key forgets the columns", forget("columns"), ("every_format",)),
    Mutant("request key forgets the dialect", forget("dialect"), ("every_format",)),
    Mutant(
        "webhook signed before its body is final",
        swapped(deliver_event, "deliver_event", _deliver_signed_early),
        ("subscribed",),
    ),
    Mutant(
        "webhook is not told of cancellations",
        swapped(events, "lock_unpublished", _lock_without_cancellations),
        ("subscribed",),
    ),
    Mutant(
        "list's cursor skips equal times",
        sql_with(
            "statuses.list_page",
            "(e.requested_at, e.id) < (%(after_at)s, %(after_id)s)",
            "e.requested_at < %(after_at)s AND %(after_id)s::uuid IS NOT NULL",
        ),
        ("subscribed",),
    ),
    Mutant("page without its first row", _bound_as(">=", ">"), ("every_format",)),
    Mutant("page with the next page's row", _bound_as("<", "<="), ("every_format",)),
    Mutant(
        "columns in another order", _copy_as(Csv, _columns_backwards), ("every_format",)
    ),
    Mutant(
        "workbook's columns in another order",
        _copy_as(Workbook, _columns_backwards),
        ("every_format",),
    ),
    Mutant(
        "workbook counts a row too many",
        swapped(Sheet, "cells", property(lambda sheet: f"A1:D{sheet.rows + 1}")),
        ("every_format",),
    ),
    Mutant(
        "workbook with another checksum",
        swapped(Entry, "crc32", property(lambda entry: CRC32(entry) ^ 1)),
        ("every_format",),
    ),
    Mutant(
        "line without its end at a seam",
        _without_last_line_end(JsonLines),
        ("every_format",),
    ),
    Mutant(
        "times in no zone but UTC",
        _copy_as(Csv, _in_utc),
        ("every_format",),
    ),
    Mutant(
        "cancellation without an audit record",
        swapped(audit, "append_action", _append_all_but_cancellations),
        ("subscribed",),
    ),
)
