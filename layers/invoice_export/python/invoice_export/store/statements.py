"""SQL from files: named statements, several to a file, with shared parts filled in.

``sql/queries/runs.sql`` holds the statements ``runs.get``, ``runs.lock`` and so on,
each after a line ``-- name: get``. Braces stand for the columns of a row or for a name
that the dataset decides; a literal brace is doubled.
"""

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import LiteralString

from psycopg.sql import SQL, Composable, Identifier

from invoice_export.domain.dataset import Dataset, Kind

NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)

# csv_text() guards a text, csv_time() formats a time: functions of the schema.
CELLS = {
    Kind.TEXT: SQL("csv_text({}::text)"),
    Kind.TIME: SQL("csv_time({})"),
    Kind.PLAIN: SQL("{}"),
}
# RFC 3339 has no form for other times; the bounds are those of csv_time().
USUAL_TIME = (
    "({0} >= timestamptz '0001-01-01 00:00:00+00'"
    " AND {0} < timestamptz '10000-01-01 00:00:00+00')"
)
# For a time that domain/csv_format.py does not finish, SQL writes the T.
WHOLE_TIME = SQL(
    f"CASE WHEN {USUAL_TIME} THEN replace(csv_time({{0}}), ' ', 'T')"
    " ELSE csv_time({0}) END"
)
UNUSUAL_TIMES = SQL(f"count(*) FILTER (WHERE NOT {USUAL_TIME})")


def drawers() -> list[str]:
    """Return the names of the SQL files."""
    folder = files("invoice_export") / "sql" / "queries"
    return sorted(file.name.removesuffix(".sql") for file in folder.iterdir())


@cache
def drawer(name: str) -> dict[str, LiteralString]:
    """Return the statements of ``sql/queries/<name>.sql`` by name, as written."""
    file = files("invoice_export") / "sql" / "queries" / f"{name}.sql"
    _, *parts = NAME.split(file.read_text("utf-8"))
    return dict(zip(parts[::2], parts[1::2], strict=True))


def raw(statement: str) -> LiteralString:
    """Return the text of ``drawer.name`` as written. Raises ``KeyError``."""
    file, _, name = statement.partition(".")
    return drawer(file)[name]


@cache
def compose(text: LiteralString, dataset: Dataset) -> LiteralString:
    """Return the text with its braces filled in; the dataset's names are quoted."""
    names = {
        "table": Identifier(*dataset.table.split(".")),
        "organization": Identifier(dataset.organization_column),
        "time": Identifier(dataset.time_column),
        "id": Identifier(dataset.id_column),
        "inserted": Identifier(dataset.inserted_column),
    }
    earlier: list[Composable] = [
        UNUSUAL_TIMES.format(Identifier(column.name))
        for column in dataset.earlier_times
    ]
    composed = SQL(text).format(
        **names,
        run=SQL(raw("runs.run_columns")),
        status=SQL(raw("statuses.status_columns")),
        page_columns=SQL(raw("pages.page_columns")),
        page=SQL(raw("exported_rows.page_rows")).format(**names),
        columns=_listed(Identifier(column.name) for column in dataset.columns),
        cells=_listed(_cells(dataset)),
        unusual=SQL(" + ").join(earlier or [SQL("0")]),
    )
    return composed.as_string()


def _listed(parts: Iterator[Composable]) -> Composable:
    return SQL(", ").join(parts)


def _cells(dataset: Dataset) -> Iterator[Composable]:
    """Format each column as its kind requires."""
    for column in dataset.columns:
        whole = column in dataset.earlier_times
        form = WHOLE_TIME if whole else CELLS[column.kind]
        yield form.format(Identifier(column.name))
