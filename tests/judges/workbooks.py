"""Independent readers of workbooks: rows of cells, the header first."""

# ruff: noqa: PLC0415 - a judge may be missing, so it is imported only when it runs

import json
import re
import subprocess
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing
from functools import partial
from pathlib import Path
from typing import Any

from tests.judges import libreoffice
from tests.judges.cells import Either, Judge
from tests.judges.readers import ROOT, module, node
from tests.judges.readers import libreoffice as no_libreoffice

Rows = Iterable[list[Any]]
SHEETJS = Path(__file__).parent / "sheetjs.cjs"
# Characters that XML cannot hold, and what looks like their escape.
CONTROLS = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]")
NOT_CHARACTERS = re.compile("[\ufffe\uffff]")
ESCAPED = re.compile(f"{CONTROLS.pattern}|_(?=x[0-9A-Fa-f]{{4}}_)")
# To 15 digits: by up to a half of the last one.
ROUNDED = 5.01e-15
LINE_END = re.compile("\r\n|\n\r|\r|\n")


def with_openpyxl(path: Path) -> Rows:
    import openpyxl

    with closing(openpyxl.load_workbook(path, read_only=True)) as book:
        yield from map(list, book.worksheets[0].iter_rows(values_only=True))


def with_pandas(path: Path) -> Rows:
    import pandas

    frame = pandas.read_excel(
        path, engine="calamine", header=None, dtype=object, na_filter=False
    )
    return map(list, frame.itertuples(index=False, name=None))


def with_polars(path: Path) -> Rows:
    """Read a column of one type as it is, and a mixed one as texts and as numbers."""
    import polars

    read = partial(polars.read_excel, path, engine="calamine", infer_schema_length=None)
    frame = read()
    mixed = {
        name: polars.Float64
        for name, kind in frame.schema.items()
        if kind == polars.String
    }
    numbers = read(schema_overrides=mixed)
    yield frame.columns
    for row in zip(frame.iter_rows(), numbers.iter_rows(), strict=True):
        yield [
            Either(cell, number) if isinstance(cell, str) else cell
            for cell, number in zip(*row, strict=True)
        ]


def with_duckdb(path: Path) -> Rows:
    import duckdb
    import duckdb_extensions

    duckdb_extensions.import_extension("excel")
    with duckdb.connect() as connection:
        connection.execute("LOAD excel")
        found = connection.execute(
            "SELECT * FROM read_xlsx(?, header = false, all_varchar = true,"
            " stop_at_empty = false)",
            [str(path)],
        )
        while rows := found.fetchmany(10_000):
            yield from map(list, rows)


def with_sheetjs(path: Path) -> Iterator[list[Any]]:
    with subprocess.Popen(
        ["node", str(SHEETJS), str(path)], stdout=subprocess.PIPE, cwd=ROOT
    ) as done:
        assert done.stdout is not None
        yield from map(json.loads, done.stdout)
    assert done.returncode == 0


def _escaped(what: re.Pattern[str]) -> Callable[[str], str]:
    """Return how a text looks to a reader that shows these as the file spells them."""
    return lambda text: what.sub(lambda found: f"_x{ord(found[0]):04X}_", text)


def _with_its_line_ends(text: str) -> str:
    """Return the text as LibreOffice keeps it: one kind of line end, if any is LF."""
    return LINE_END.sub("\n", text) if "\n" in text else text


JUDGES = {
    "openpyxl": Judge(
        with_openpyxl, module("openpyxl"), _escaped(ESCAPED), milliseconds=True
    ),
    "pandas": Judge(
        with_pandas,
        module("python_calamine"),
        _escaped(NOT_CHARACTERS),
        milliseconds=True,
    ),
    "polars": Judge(
        with_polars, module("fastexcel"), _escaped(NOT_CHARACTERS), milliseconds=True
    ),
    "duckdb": Judge(
        with_duckdb, module("duckdb_extensions"), _escaped(ESCAPED), spells=True
    ),
    "sheetjs": Judge(
        with_sheetjs, node("@e965/xlsx"), lambda text: text.replace("\r\n", "\n")
    ),
    "libreoffice": Judge(
        libreoffice.saved_again,
        no_libreoffice,
        _with_its_line_ends,
        rounding=ROUNDED,
    ),
}
