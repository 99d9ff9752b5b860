"""The file that a request must give, computed without the product's SQL."""

from collections.abc import Iterator, Mapping
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import psycopg

from invoice_export.domain.dataset import Dataset, Kind
from tests.apps.application import Application

RUN_BY_SPREADSHEETS = "=+-@"


def expected_file(
    application: Application,
    connection: psycopg.Connection[Any],
    organization: str,
    options: Mapping[str, Any],
) -> bytes:
    """Return the CSV file of a request's body."""
    dataset = application.datasets.by_name[
        options.get("dataset", application.datasets.default.name)
    ]
    columns = [
        column
        for header in options.get("columns") or [c.header for c in dataset.columns]
        for column in dataset.columns
        if column.header == header and (column.default or "columns" in options)
    ]
    alone = len(columns) == 1
    lines = [[quoted(column.header) for column in columns]]
    lines += [
        [
            quoted(cell(dataset, column.kind, row[column.name]), alone=alone)
            for column in columns
        ]
        for row in expected_rows(application, connection, organization, options)
    ]
    return "".join(",".join(line) + "\r\n" for line in lines).encode()


def expected_rows(
    application: Application,
    connection: psycopg.Connection[Any],
    organization: str,
    options: Mapping[str, Any],
) -> list[dict[str, Any]]:
    """Return an organisation's rows that match a body's filters, in their order."""
    dataset = application.datasets.by_name[
        options.get("dataset", application.datasets.default.name)
    ]
    zone = options.get("timeZone", "UTC")
    return [
        row
        for row in application.read[dataset.name](connection, organization)
        if all(
            _matches(dataset, header, values, row, zone)
            for header, values in options.get("filters", {}).items()
        )
    ]


def cell(dataset: Dataset, kind: Kind, value: Any) -> str | None:
    """Return a value's text; None for nothing."""
    if value is None:
        return None
    if kind in (Kind.TIME, Kind.LOCAL_TIME):
        return _moment(dataset, value).strftime("%Y-%m-%dT%H:%M:%S.%fZ")
    if kind is Kind.BOOLEAN:
        return "t" if value else "f"
    if kind is Kind.TEXT:
        return guarded(value)
    return str(value)


def guarded(text: str) -> str:
    """Put an apostrophe before whatever a spreadsheet would run."""
    written = "'" if text[:1] in tuple(f"{RUN_BY_SPREADSHEETS}\t\r\n") else ""
    for place, letter in enumerate(text, start=1):
        written += letter
        after = text[place:].lstrip('"')[:1]
        if letter in ";\t\r\n" and after and after in RUN_BY_SPREADSHEETS:
            written += "'"
    return written


def quoted(text: str | None, *, alone: bool = False) -> str:
    """Return a cell as PostgreSQL's CSV has it: nothing for NULL, quoted when empty.

    It also quotes a backslash with a full stop that is ``alone`` in its row.
    """
    if text is None:
        return ""
    if not text or (alone and text == "\\.") or set(text) & set(',"\r\n'):
        return '"' + text.replace('"', '""') + '"'
    return text


def _matches(
    dataset: Dataset,
    header: str,
    values: Mapping[str, Any],
    row: Mapping[str, Any],
    zone: str,
) -> bool:
    declared = dataset.filters_by_header[header]
    value = row[declared.column]
    if value is None:
        return False
    return all(_verdicts(dataset, declared.kind, value, values, zone))


def _verdicts(
    dataset: Dataset, kind: Kind | None, value: Any, asked: Mapping[str, Any], zone: str
) -> Iterator[bool]:
    if kind is Kind.CHOICE:
        yield value in asked["in"]
    elif kind is Kind.BOOLEAN:
        yield value is asked["is"]
    elif kind is Kind.TEXT:
        yield value == asked.get("equals", value)
        yield value.startswith(asked.get("startsWith", ""))
    elif kind is Kind.NUMBER:
        yield "min" not in asked or value >= Decimal(asked["min"])
        yield "max" not in asked or value <= Decimal(asked["max"])
    elif kind is Kind.DATE:
        yield "from" not in asked or value >= date.fromisoformat(asked["from"])
        yield "to" not in asked or value < date.fromisoformat(asked["to"])
    else:
        moment = _moment(dataset, value)
        yield "from" not in asked or moment >= _asked(asked["from"], zone)
        yield "to" not in asked or moment < _asked(asked["to"], zone)


def _moment(dataset: Dataset, value: datetime) -> datetime:
    """PostgreSQL takes the second of the two hours that a clock shows twice."""
    if value.tzinfo is None:
        value = value.replace(tzinfo=ZoneInfo(dataset.zone), fold=1)
    return value.astimezone(UTC)


def _asked(text: str, zone: str) -> datetime:
    read = datetime.fromisoformat(text)
    return read if read.tzinfo else read.replace(tzinfo=ZoneInfo(zone))
