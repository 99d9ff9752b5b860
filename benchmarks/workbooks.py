"""Libraries that write a workbook: each reads the rows with psycopg, in one process."""

from collections.abc import Callable, Iterator
from datetime import datetime
from importlib import import_module
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.others import COLUMN_NAMES
from local.config import Laptop
from tests.driver import asking

Write = Callable[[Laptop, Path, str], None]


def _rows(place: Laptop, organization: str) -> Iterator[list[Any]]:
    """Yield the rows as a library takes them: no zone, numbers as floats."""
    with (
        psycopg.connect(place.url_of("postgres")) as db,
        db.cursor("rows") as cursor,
    ):
        cursor.itersize = 10_000
        cursor.execute(
            f"SELECT {COLUMN_NAMES} FROM sample.invoices"
            " WHERE organization_id = %s ORDER BY created_at, id",
            [organization],
        )
        for id_, number, customer, status, total, currency, created, due in cursor:
            yield [
                str(id_),
                number,
                customer,
                status,
                float(total),
                currency,
                _local(created),
                _local(due),
            ]


def _local(moment: datetime | None) -> datetime | None:
    return moment and moment.replace(tzinfo=None)


def with_xlsxwriter(place: Laptop, file: Path, organization: str) -> None:
    """XlsxWriter in constant memory."""
    xlsxwriter: Any = import_module("xlsxwriter")
    options = {"constant_memory": True, "strings_to_formulas": False}
    with xlsxwriter.Workbook(str(file), options) as book:
        sheet = book.add_worksheet()
        times = book.add_format({"num_format": "yyyy-mm-dd hh:mm:ss.000"})
        sheet.write_row(0, 0, asking().headers)
        for at, (*cells, created, due) in enumerate(_rows(place, organization), 1):
            sheet.write_row(at, 0, cells)
            sheet.write_datetime(at, 6, created, times)
            if due:
                sheet.write_datetime(at, 7, due, times)


def with_pandas(place: Laptop, file: Path, organization: str) -> None:
    """pandas with openpyxl, its usual engine."""
    pandas: Any = import_module("pandas")
    frame = pandas.DataFrame(_rows(place, organization), columns=asking().headers)
    frame.to_excel(file, index=False, engine="openpyxl")


def with_polars(place: Laptop, file: Path, organization: str) -> None:
    """Polars, which writes with XlsxWriter."""
    polars: Any = import_module("polars")
    frame = polars.DataFrame(
        list(_rows(place, organization)), schema=asking().headers, orient="row"
    )
    frame.write_excel(file)


def with_rust(place: Laptop, file: Path, organization: str) -> None:
    """rustpy-xlsxwriter, a binding of rust_xlsxwriter."""
    rustpy_xlsxwriter: Any = import_module("rustpy_xlsxwriter")
    headers = asking().headers
    records = [
        dict(zip(headers, row, strict=True)) for row in _rows(place, organization)
    ]
    rustpy_xlsxwriter.write_worksheet(records, str(file))


LIBRARIES: dict[str, Write] = {
    "XlsxWriter, constant memory": with_xlsxwriter,
    "pandas, openpyxl": with_pandas,
    "polars": with_polars,
    "rust_xlsxwriter": with_rust,
}
