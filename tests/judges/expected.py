"""What a file must hold for a value, computed from PostgreSQL's text of it.

A time is the text of its instant in UTC, without a zone. The rules are those of
``docs/formats.md``, written without the product's code.
"""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from typing import Any

from invoice_export.domain.dataset import Kind
from tests.apps.expecting import guarded

NOT_FINITE = ("NaN", "Infinity", "-Infinity")
FLOATS = ("double precision", "real")
MAX_DIGITS = 15
# Those of Excel.
SMALLEST, LARGEST = Decimal("2.2251e-308"), Decimal("1e308")
MAX_UNITS = 32_767
# Programs disagree on the numbers of the days before.
FIRST_DAY = date(1900, 3, 1)
# Programs that round would reach a year of five digits.
LAST_MILLISECOND = datetime(9999, 12, 31, 23, 59, 59, 999_000, UTC)


def in_csv(kind: Kind, text: str | None) -> str:
    """Return the cell's text."""
    if text is None:
        return ""
    if kind is Kind.TEXT:
        return guarded(text)
    if kind is Kind.BOOLEAN:
        return text[0]
    return _time(text) if kind.is_time else text


def in_json(kind: Kind, type_name: str, text: str | None) -> Any:
    """Return the value; numbers are decimals."""
    if text is None:
        return None
    if kind is Kind.NUMBER:
        return text if text in NOT_FINITE else Decimal(text)
    if kind is Kind.BOOLEAN:
        return text == "true"
    if type_name == "jsonb":
        return json.loads(text, parse_float=Decimal, parse_int=Decimal)
    return _moment(text) or _odd_time(text) if kind.is_time else text


def in_workbook(kind: Kind, type_name: str, text: str | None) -> Any:
    """Return what the cell shows."""
    if text is None:
        return None
    if kind is Kind.NUMBER:
        return _number(type_name, text)
    if kind is Kind.BOOLEAN:
        return text == "true"
    if kind is Kind.DATE:
        day = _day(text)
        return day if day and day >= FIRST_DAY else text
    if kind.is_time:
        moment = _moment(text)
        held = moment and moment.date() >= FIRST_DAY and moment < LAST_MILLISECOND
        return moment if held else _time(text)
    units = text.encode("utf-16-le")[: 2 * MAX_UNITS]
    return units.decode("utf-16-le", "ignore")


def _number(type_name: str, text: str) -> str | Decimal:
    if text in NOT_FINITE:
        return text
    number = Decimal(text)
    if type_name in FLOATS:
        return number
    digits = "".join(map(str, number.as_tuple().digits)).strip("0")
    return number if len(digits) <= MAX_DIGITS and _in_range(number) else text


def _in_range(number: Decimal) -> bool:
    return not number or SMALLEST <= abs(number) < LARGEST


def _time(text: str) -> str:
    """Return RFC 3339, where it has a form for this time."""
    moment = _moment(text)
    if moment is None:
        return text
    return f"{moment.replace(tzinfo=None).isoformat(timespec='microseconds')}Z"


def _odd_time(text: str) -> str:
    """Return the JSON text that PostgreSQL writes, with the offset before the era."""
    if "infinity" in text:
        return text
    at, era, _ = text.partition(" BC")
    return f"{at.replace(' ', 'T')}+00:00{era}"


def _moment(text: str) -> datetime | None:
    try:
        return datetime.fromisoformat(text).replace(tzinfo=UTC)
    except ValueError:
        return None


def _day(text: str) -> date | None:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return None
