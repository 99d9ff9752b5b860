"""Independent readers of JSON lines: rows of values, in the columns' order."""

# ruff: noqa: PLC0415 - a judge may be missing, so it is imported only when it runs

import json
import subprocess
from collections.abc import Callable
from decimal import Decimal
from pathlib import Path
from typing import Any

from tests.judges.readers import module, program

Rows = list[list[Any]]
COLUMNS = (
    "id",
    "number",
    "customerName",
    "status",
    "total",
    "currency",
    "createdAt",
    "dueAt",
)


def with_json(path: Path) -> Rows:
    # Not splitlines(): a text may hold a line separator of Unicode.
    lines = path.read_bytes().removesuffix(b"\n").split(b"\n")
    return [list(json.loads(line, parse_float=Decimal).values()) for line in lines]


def with_jq(path: Path) -> Rows:
    """jq computes with doubles: more than 17 digits may be lost."""
    done = subprocess.run(
        ["jq", "-c", "[.[]]", str(path)], capture_output=True, check=True
    )
    return [json.loads(line) for line in done.stdout.removesuffix(b"\n").split(b"\n")]


def with_pandas(path: Path) -> Rows:
    import pandas

    frame = pandas.read_json(path, lines=True, dtype=False, precise_float=True).astype(
        object
    )
    rows: Rows = frame.where(frame.notna(), None).to_numpy().tolist()
    return rows


def with_polars(path: Path) -> Rows:
    import polars

    kinds = {
        name: polars.Float64 if name == "total" else polars.String for name in COLUMNS
    }
    return [list(row) for row in polars.read_ndjson(path, schema=kinds).iter_rows()]


def with_duckdb(path: Path) -> Rows:
    import duckdb

    kinds = ", ".join(
        f"'{name}': '{'DECIMAL(30, 9)' if name == 'total' else 'VARCHAR'}'"
        for name in COLUMNS
    )
    with duckdb.connect() as connection:
        rows = connection.execute(
            f"SELECT * FROM read_json(?, columns = {{{kinds}}},"
            " format = 'newline_delimited')",
            [str(path)],
        ).fetchall()
    return [list(row) for row in rows]


JUDGES: dict[str, tuple[Callable[[Path], Rows], Callable[[], str | None]]] = {
    "json": (with_json, lambda: None),
    "jq": (with_jq, program("jq", "apt-get install jq")),
    "pandas": (with_pandas, module("pandas")),
    "polars": (with_polars, module("polars")),
    "duckdb": (with_duckdb, module("duckdb")),
}
