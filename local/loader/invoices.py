"""Turns the rows of a file into checked invoices."""

from collections.abc import Iterator, Mapping
from typing import NamedTuple

from local.loader import amounts, texts, times
from local.loader.columns import PARTS_OF_TOTAL
from local.loader.organizations import Organizations
from local.loader.problems import Problems, Tally
from local.loader.rules import STATUSES, Lines, Rules
from local.loader.table import Table


class Invoice(NamedTuple):
    """A row for the database; None stands for what the file does not say."""

    line: int
    organization_id: str
    id: str | None
    number: str
    customer_name: str | None
    status: str | None
    total: str | None
    currency: str | None
    created_at: str | None
    due_at: str | None


class UnknownStatusError(ValueError):
    """A status that is not one of ours and has no translation."""


class Invoices:
    """The invoices, or parts of invoices, in one file."""

    def __init__(
        self,
        table: Table,
        forms: Mapping[str, str],
        rules: Rules,
        organizations: Organizations,
    ) -> None:
        self.table = table
        self.unguarded = Tally()
        self.cut_times = Tally()
        self._problems = Problems()
        self._forms = forms
        self._organizations = organizations
        self._statuses = texts.known_statuses(rules.statuses)
        self._keep_guard = rules.keep_guard
        self._guards = texts.guards(table.delimiter)
        lines = table.columns.lines
        # A row that repeats its invoice may have empty cells; other rows fill them.
        self._repeats = lines in (Lines.FIRST, Lines.SUM)
        self._repeats_total = lines is Lines.FIRST
        self._places = table.columns.places
        self._organization_place = table.columns.organization

    def rows(self) -> Iterator[Invoice]:
        """Yield the good rows. Raises CsvError at the end if there were bad ones."""
        problems = self._problems
        for line, row in self.table.rows(problems):
            try:
                yield self._invoice(line, row)
            except UnknownStatusError as exc:
                problems.add_unknown(line, str(exc))
            except ValueError as exc:
                problems.add(line, str(exc))
        problems.refuse(self.table.source.path)

    def _invoice(self, line: int, row: list[str]) -> Invoice:
        number = self._text("number", line, row)
        if not number.strip():
            raise ValueError("number is empty")
        created_at = self._time("created_at", line, row)
        if created_at is None and not self._repeats:
            raise ValueError(
                "created_at is empty; if the row continues an invoice of other rows,"
                " say --lines first or --lines sum"
            )
        has = self._places
        return Invoice(
            line,
            self._organization(line, row),
            texts.row_id(row[has["id"]]) if "id" in has else None,
            number,
            self._text("customer_name", line, row) or (None if self._repeats else ""),
            self._status(row) if "status" in has else None,
            self._total(row),
            self._currency(row) if "currency" in has else None,
            created_at,
            self._time("due_at", line, row) if "due_at" in has else None,
        )

    def _organization(self, line: int, row: list[str]) -> str:
        if self._organization_place is None:
            return self._organizations.only.id
        value = row[self._organization_place]
        return self._organizations.id_of(self._unguarded(value, line), line)

    def _text(self, name: str, line: int, row: list[str]) -> str:
        value = row[self._places[name]]
        if "\0" in value:
            raise ValueError(f"{name} holds a NUL, which PostgreSQL cannot keep")
        return self._unguarded(value, line) if "'" in value else value

    def _unguarded(self, value: str, line: int) -> str:
        """Return the text without the apostrophes of a formula guard."""
        if self._keep_guard:
            return value
        plain, guards = self._guards.subn("", value)
        if guards:
            self.unguarded.add(line)
        return plain

    def _status(self, row: list[str]) -> str | None:
        cell = row[self._places["status"]].strip()
        if not cell:
            return None
        status = self._statuses.get(cell.casefold())
        if status is None:
            raise UnknownStatusError(
                f"status {cell!r} is not one of {', '.join(STATUSES)}: say which one it"
                f' means, for example --status "{cell}=sent"'
            )
        return status

    def _total(self, row: list[str]) -> str | None:
        if "total" not in self._places:
            quantity, price = PARTS_OF_TOTAL
            return amounts.product(
                self._amount(quantity, row), self._amount(price, row)
            )
        if self._repeats_total and not row[self._places["total"]].strip():
            return None
        return self._amount("total", row)

    def _amount(self, name: str, row: list[str]) -> str:
        cell = row[self._places[name]].strip()
        if not cell:
            raise ValueError(f"{name} is empty")
        try:
            return amounts.amount(cell, self._forms[name])
        except ValueError as exc:
            raise ValueError(f"{name} {exc}") from None

    def _currency(self, row: list[str]) -> str | None:
        cell = row[self._places["currency"]].strip()
        return texts.currency(cell) if cell else None

    def _time(self, name: str, line: int, row: list[str]) -> str | None:
        cell = row[self._places[name]].strip()
        if not cell:
            return None
        try:
            moment, is_cut = times.time(cell, self._forms[name])
        except ValueError as exc:
            raise ValueError(f"{name} {exc}") from None
        if is_cut:
            self.cut_times.add(line)
        return moment
