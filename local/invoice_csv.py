"""Reads a CSV of invoices: columns found by name, values checked line by line."""

import csv
import gzip
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import NamedTuple, TextIO

from local.errors import LaptopError

# Names are compared without case, spaces, dots, dashes and underscores.
ALIASES = {
    "number": ("number", "invoicenumber", "invoiceno", "invoiceid", "invoice"),
    "customer_name": ("customername", "customer", "description", "name"),
    "status": ("status",),
    "total": ("total", "amount", "totalamount"),
    "quantity": ("quantity",),
    "unit_price": ("unitprice", "price"),
    "currency": ("currency", "currencycode"),
    "created_at": ("createdat", "invoicedate", "issuedat", "date"),
    "due_at": ("dueat", "duedate", "due"),
}
REQUIRED = ("number", "customer_name", "created_at")
STATUSES = ("draft", "sent", "paid", "overdue")
CURRENCY = re.compile(r"[A-Z]{3}")
ERRORS_SHOWN = 10


class Invoice(NamedTuple):
    """One row of the file, checked; ``organization`` is what its column says."""

    line: int
    organization: str
    number: str
    customer_name: str
    status: str
    total: Decimal
    currency: str
    created_at: datetime
    due_at: datetime | None


class CsvError(LaptopError):
    """Lines that cannot be loaded, each with its number."""


@dataclass(kw_only=True)
class InvoiceCsv:
    """A file of invoices, or of invoice lines.

    Without a total, but with quantity and unit price, each row is a line of an
    invoice: its number becomes ``<number>-<line of that invoice>``.
    """

    path: Path
    organization_column: str | None = None
    currency: str
    status: str
    errors: list[str] = field(default_factory=list)
    _lines_of: dict[str, int] = field(default_factory=dict)

    def read(self) -> Iterator[Invoice]:
        """Good rows; when bad ones were met, raises CsvError at the end."""
        with _open(self.path) as file:
            reader = csv.reader(file, strict=True)
            try:
                header = next(reader, None)
                if header is None:
                    raise CsvError(f"{self.path} is empty.")
                columns = self._columns(header)
                width = len(header)
                while (line := reader.line_num + 1) and (row := next(reader, None)):
                    if len(row) != width:
                        self.errors.append(
                            f"line {line}: {len(row)} values, the header has {width}"
                        )
                        continue
                    values = {name: row[at] for name, at in columns.items()}
                    invoice = self._invoice(line, values)
                    if invoice is not None:
                        yield invoice
            except (csv.Error, UnicodeDecodeError) as exc:
                self.errors.append(f"line {reader.line_num}: {exc}")
        if self.errors:
            shown = "\n  ".join(self.errors[:ERRORS_SHOWN])
            more = len(self.errors) - ERRORS_SHOWN
            rest = f"\n  and {more} more" if more > 0 else ""
            raise CsvError(f"{self.path}: nothing was loaded.\n  {shown}{rest}")

    def _columns(self, header: list[str]) -> dict[str, int]:
        places = {_plain(name): at for at, name in reversed(list(enumerate(header)))}
        columns = {
            name: places[alias]
            for name, aliases in ALIASES.items()
            for alias in reversed(aliases)
            if alias in places
        }
        missing = [name for name in REQUIRED if name not in columns]
        if "total" not in columns and not {"quantity", "unit_price"} <= columns.keys():
            missing.append("total (or quantity and unit_price)")
        if self.organization_column is not None:
            place = places.get(_plain(self.organization_column))
            if place is None:
                missing.append(self.organization_column)
            else:
                columns["organization"] = place
        if missing:
            raise CsvError(
                f"{self.path}, line 1: no column for {', '.join(missing)}; "
                f"there are {', '.join(header)}."
            )
        return columns

    def _invoice(self, line: int, values: Mapping[str, str]) -> Invoice | None:
        """None, and an entry in ``errors``, when a value is not acceptable."""
        try:
            number = _present(values["number"], "number")
            if "total" in values:
                total = _amount(values["total"], "total")
            else:
                total = _amount(values["quantity"], "quantity") * _amount(
                    values["unit_price"], "unit_price"
                )
                place = self._lines_of[number] = self._lines_of.get(number, 0) + 1
                number = f"{number}-{place}"
            due = values.get("due_at", "").strip()
            return Invoice(
                line=line,
                organization=values.get("organization", ""),
                number=number,
                customer_name=_text(values["customer_name"], "customer_name"),
                status=_status(values.get("status", "").strip() or self.status),
                total=total,
                currency=_currency(values.get("currency", "").strip() or self.currency),
                created_at=_time(values["created_at"], "created_at"),
                due_at=_time(due, "due_at") if due else None,
            )
        except ValueError as exc:
            self.errors.append(f"line {line}: {exc}")
            return None


@contextmanager
def _open(path: Path) -> Iterator[TextIO]:
    try:
        if path.suffix == ".gz":
            with gzip.open(path, "rt", encoding="utf-8-sig", newline="") as unpacked:
                yield unpacked
        else:
            with path.open(encoding="utf-8-sig", newline="") as file:
                yield file
    except (OSError, EOFError) as exc:
        raise LaptopError(f"Cannot read {path}: {exc}") from exc


def _plain(name: str) -> str:
    return re.sub(r"[\s._-]", "", name).lower()


def _text(value: str, name: str) -> str:
    if "\0" in value:
        raise ValueError(f"{name} holds a NUL")
    return value


def _present(value: str, name: str) -> str:
    if not value.strip():
        raise ValueError(f"{name} is empty")
    return _text(value.strip(), name)


def _status(value: str) -> str:
    if value.lower() not in STATUSES:
        raise ValueError(f"status {value!r} is not one of {', '.join(STATUSES)}")
    return value.lower()


def _currency(value: str) -> str:
    if not CURRENCY.fullmatch(value.upper()):
        raise ValueError(f"currency {value!r} is not three letters")
    return value.upper()


def _amount(value: str, name: str) -> Decimal:
    try:
        amount = Decimal(value.strip())
    except InvalidOperation:
        raise ValueError(f"{name} {value!r} is not a number") from None
    if not amount.is_finite():
        raise ValueError(f"{name} {value!r} is not a number")
    return amount


def _time(value: str, name: str) -> datetime:
    try:
        moment = datetime.fromisoformat(value.strip())
    except ValueError:
        raise ValueError(f"{name} {value!r} is not an ISO 8601 time") from None
    return moment if moment.tzinfo else moment.replace(tzinfo=UTC)
