"""The temporary tables of one load, and the statements on them."""

from collections.abc import Iterable
from pathlib import Path
from typing import Any

from psycopg import Connection, Cursor
from psycopg.rows import dict_row
from psycopg.sql import Composable

from local.loader.invoices import Invoice
from local.loader.problems import CsvError, listed
from local.loader.statements import statement

Row = dict[str, Any]
Part = Composable | str | bool | int


class Staging:
    """Exists until the end of the transaction that creates it."""

    def __init__(self, connection: Connection, path: Path) -> None:
        self._path = path
        self.cursor: Cursor[Row] = connection.cursor(row_factory=dict_row)
        self.execute("begin")
        self.execute("create_lines")
        self.execute("create_matched")

    def fill(self, invoices: Iterable[Invoice]) -> None:
        """Send the rows to the database. Raises CsvError if there are none."""
        with self.cursor.copy("COPY lines FROM STDIN") as copy:
            for invoice in invoices:
                copy.write_row(invoice)
        if not self.cursor.rowcount:
            raise CsvError(f"{self._path}: there is no row below the header.")

    def execute(self, name: str, /, **parts: Part) -> int:
        """Return how many rows are affected."""
        return self.cursor.execute(statement(name, **parts)).rowcount

    def all(self, name: str, /, **parts: Part) -> list[Row]:
        """Return every row."""
        return self.cursor.execute(statement(name, **parts)).fetchall()

    def first(self, name: str, /, **parts: Part) -> Row | None:
        """Return the first row, if there is any."""
        return self.cursor.execute(statement(name, **parts)).fetchone()

    def refusal(self, *entries: str, hidden: int = 0, advice: str = "") -> CsvError:
        """Return the error that ends the load, with a line for each entry."""
        told = f"{self._path}: nothing was loaded.\n{listed(list(entries), hidden)}"
        return CsvError(f"{told}\n  {advice}" if advice else told)


def count_of(rows: list[Row]) -> int:
    """Return the number of all rows; these are the first of them."""
    return int(rows[0]["of"]) if rows else 0
