"""What is exported: one table, its columns, and the words for its rows."""

from dataclasses import dataclass
from enum import Enum
from itertools import takewhile

from invoice_export.domain.csv_format import TIMES_FINISHED


class Kind(Enum):
    """How the values of a column are written."""

    # Text that people typed: guarded, so that no spreadsheet runs it as a formula.
    TEXT = "text"
    # A timestamptz: RFC 3339 in UTC, with every microsecond.
    TIME = "time"
    # Anything else, as PostgreSQL writes it: numbers, ids, booleans, dates, JSON.
    PLAIN = "plain"


@dataclass(frozen=True)
class Column:
    """A column of the table, its name in the file's header, and its kind."""

    name: str
    header: str
    kind: Kind


@dataclass(frozen=True)
class Dataset:
    """The exported table, the file's columns in order, and the words for its rows.

    ``table`` may be ``schema.table``. A row's place never changes: it is that of
    ``time_column`` (a timestamptz) and ``id_column`` (a unique uuid).
    ``inserted_column`` says when the row came to be: later than the plan, and it stays
    outside. ``name`` begins file names and is part of audit actions.
    """

    name: str
    table: str
    organization_column: str
    time_column: str
    id_column: str
    inserted_column: str
    columns: tuple[Column, ...]
    one: str
    many: str
    nothing_yet: str

    @property
    def headers(self) -> list[str]:
        """The header row's cells."""
        return [column.header for column in self.columns]

    @property
    def times_at_end(self) -> int:
        """How many times at the end of a row are finished on bytes."""
        backwards = reversed(self.columns[-TIMES_FINISHED:])
        return len(list(takewhile(lambda column: column.kind is Kind.TIME, backwards)))

    @property
    def texts(self) -> frozenset[int]:
        """The places of the guarded columns in a row, counted from 0."""
        places = enumerate(self.columns)
        return frozenset(at for at, column in places if column.kind is Kind.TEXT)

    @property
    def earlier_times(self) -> list[Column]:
        """The other columns of times, which SQL finishes."""
        before = self.columns[: len(self.columns) - self.times_at_end]
        return [column for column in before if column.kind is Kind.TIME]
