"""Independent CSV readers: rows of strings, an empty string for an empty cell."""

# ruff: noqa: PLC0415 - a judge may be missing, so it is imported only when it runs

import csv
import importlib.util
import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

Rows = list[list[str]]
NODE = Path(__file__).parent / "papaparse.cjs"
ROOT = Path(__file__).resolve().parent.parent.parent


def with_csv(path: Path) -> Rows:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, strict=True))


def with_pandas(path: Path) -> Rows:
    import pandas

    frame = pandas.read_csv(
        path, dtype=str, keep_default_na=False, header=None, encoding="utf-8"
    )
    return [[str(cell) for cell in row] for row in frame.to_numpy().tolist()]


def with_polars(path: Path) -> Rows:
    import polars

    frame = polars.read_csv(path, has_header=False, infer_schema=False)
    return [[cell or "" for cell in row] for row in frame.iter_rows()]


def with_duckdb(path: Path) -> Rows:
    import duckdb

    with path.open("rb") as file:
        names = file.readline().decode().rstrip().split(",")
    columns = ", ".join(f"'{name}': 'VARCHAR'" for name in names)
    with duckdb.connect() as connection:
        rows = connection.execute(
            "SELECT * FROM read_csv(?, header = false, auto_detect = false,"
            f" columns = {{{columns}}}, delim = ',', quote = '\"', escape = '\"',"
            " max_line_size = 10000000, strict_mode = true)",
            [str(path)],
        ).fetchall()
    return [[cell or "" for cell in row] for row in rows]


def with_papaparse(path: Path) -> Rows:
    done = subprocess.run(
        ["node", str(NODE), str(path)], capture_output=True, check=True, cwd=ROOT
    )
    rows: Rows = json.loads(done.stdout)
    return rows


def with_miller(path: Path, *options: str) -> Rows:
    options = (*options, "--icsv", "--ojson", "--implicit-csv-header", "-S")
    done = subprocess.run(
        ["mlr", *options, "cat", str(path)],
        capture_output=True,
        check=True,
    )
    # Miller does not escape control characters in its JSON.
    rows = json.loads(done.stdout, strict=False)
    return [[str(cell) for cell in row.values()] for row in rows]


def seen_by(judge: str, rows: Rows) -> Rows:
    """Miller turns CRLF into a line feed, even inside quotes."""
    if judge != "miller":
        return rows
    return [[cell.replace("\r\n", "\n") for cell in row] for row in rows]


def open_document(path: Path, *options: str) -> Path:
    """Let LibreOffice open a file; returns what it makes of it, as XML."""
    office(path, path.parent, "fods", *options)
    return path.with_suffix(".fods")


def office(path: Path, folder: Path, form: str, *options: str) -> None:
    """Let LibreOffice open a file and save it in another form."""
    program = _office()
    assert program is not None
    subprocess.run(
        [
            program,
            f"-env:UserInstallation=file://{path.parent}/profile",
            "--headless",
            *options,
            "--convert-to",
            form,
            "--outdir",
            str(folder),
            str(path),
        ],
        capture_output=True,
        check=True,
        timeout=1200,
    )


def libreoffice() -> str | None:
    how = "apt-get install libreoffice-calc-nogui"
    return None if _office() else f"LibreOffice is not installed: {how}"


def _office() -> str | None:
    return shutil.which("soffice") or shutil.which("localc")


def module(name: str) -> Callable[[], str | None]:
    def missing() -> str | None:
        found = importlib.util.find_spec(name)
        return None if found else f"{name} is not installed: make judges"

    return missing


def program(name: str, how: str) -> Callable[[], str | None]:
    def missing() -> str | None:
        return None if shutil.which(name) else f"{name} is not installed: {how}"

    return missing


def node(package: str) -> Callable[[], str | None]:
    def missing() -> str | None:
        found = (ROOT / "node_modules" / package).exists()
        return None if found else f"{package} is not installed: npm ci"

    return missing


JUDGES: dict[str, tuple[Callable[[Path], Rows], Callable[[], str | None]]] = {
    "csv": (with_csv, lambda: None),
    "pandas": (with_pandas, module("pandas")),
    "polars": (with_polars, module("polars")),
    "duckdb": (with_duckdb, module("duckdb")),
    "papaparse": (with_papaparse, node("papaparse")),
    "miller": (with_miller, program("mlr", "apt-get install miller")),
}
