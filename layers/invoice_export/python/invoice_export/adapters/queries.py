"""SQL from files, with what several of them share put in.

Braces name it: the columns of a row (``sql/rows``), or what the dataset decides. A
brace that stands for itself is written twice.
"""

from collections.abc import Iterator
from functools import cache
from importlib.resources import files
from typing import LiteralString

from psycopg.sql import SQL, Composable, Identifier

from invoice_export.domain.dataset import Dataset, Kind

# A text's guard and a time's form are database functions, see 0020_data_path.sql.
CELLS = {
    Kind.TEXT: SQL("csv_text({}::text)"),
    Kind.TIME: SQL("csv_time({})"),
    Kind.PLAIN: SQL("{}"),
}
# A time that domain/csv_format.py does not finish gets its T here; the bounds are those
# of csv_time(), beyond which a time has none.
WHOLE_TIME = SQL(
    "CASE WHEN {0} >= timestamptz '0001-01-01 00:00:00+00'"
    " AND {0} < timestamptz '10000-01-01 00:00:00+00'"
    " THEN replace(csv_time({0}), ' ', 'T') ELSE csv_time({0}) END"
)


@cache
def sql(name: str, folder: str = "queries") -> LiteralString:
    """Return the text of ``sql/<folder>/<name>.sql``."""
    return (files("invoice_export") / "sql" / folder / f"{name}.sql").read_text("utf-8")


@cache
def compose(text: LiteralString, dataset: Dataset) -> LiteralString:
    """Return the text with all that its braces name; the dataset's names are quoted."""
    composed = SQL(text).format(
        run=SQL(sql("run", "rows")),
        status=SQL(sql("status", "rows")),
        table=Identifier(*dataset.table.split(".")),
        organization=Identifier(dataset.organization_column),
        time=Identifier(dataset.time_column),
        id=Identifier(dataset.id_column),
        inserted=Identifier(dataset.inserted_column),
        columns=_listed(Identifier(column.name) for column in dataset.columns),
        cells=_listed(_cells(dataset)),
    )
    return composed.as_string()


def _listed(parts: Iterator[Composable]) -> Composable:
    return SQL(", ").join(parts)


def _cells(dataset: Dataset) -> Iterator[Composable]:
    """Write each column as its kind wants it."""
    finished_later = len(dataset.columns) - dataset.times_at_end
    for place, column in enumerate(dataset.columns):
        form = CELLS[column.kind]
        if column.kind is Kind.TIME and place < finished_later:
            form = WHOLE_TIME
        yield form.format(Identifier(column.name))
