"""Each format: its page against raw COPY, its export against what a user could pick."""

import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from benchmarks import others, workbooks
from benchmarks.bench import Bench
from benchmarks.database import ORGANIZATION, organization_of
from benchmarks.exports import timed
from benchmarks.measure import clock, console
from benchmarks.ours import Exporter
from benchmarks.pages import BETWEEN, PAGE, bounds_of, keys_of
from invoice_export.formats import load
from invoice_export.steps.page_parts import read_page
from local.config import Laptop
from local.postgres import binaries
from tests.driver import asking

PACKERS = ("gzip", "pigz")


def formats(bench: Bench) -> None:
    """Compare every format."""
    folder = bench.place.folder / "out"
    folder.mkdir(exist_ok=True)
    _pages(bench)
    two = Exporter(bench.place, 2)
    _packed(bench, two, folder)
    _workbooks(bench, two, folder)
    two.close()


def _pages(bench: Bench) -> None:
    exporter = Exporter(bench.place, 1)
    exporter.start()
    raw = others.RawCopy(bench.place)
    size = PAGE if not bench.quick else 50_000
    bounds = bounds_of(bench.place, bench.rows // 2, size)

    def write(name: str) -> None:
        request = asking(format=name)
        with (
            exporter.here.db.tenant(ORGANIZATION) as tx,
            read_page(tx, request, 2, bounds) as part,
        ):
            part.finish()

    contenders = {
        name: clock(lambda name=name: write(name))  # type: ignore[misc]
        for name in load()
    }
    bench.compare(
        "format_pages",
        f"A page of {size:,} rows in each format, and raw COPY of the same columns",
        {"raw COPY": clock(lambda: raw.read(BETWEEN, *keys_of(bounds)))} | contenders,
        "raw COPY",
    )
    raw.connection.close()
    exporter.close()


def _packed(bench: Bench, exporter: Exporter, folder: Path) -> None:
    organization = organization_of(bench.export_rows)
    found = [name for name in PACKERS if shutil.which(name)]
    missing = set(PACKERS) - set(found)
    if missing:
        console.print(f"not installed, so not compared: {', '.join(sorted(missing))}")
    packers = {
        f"psql | {name}": clock(
            lambda name=name: psql_packed(bench.place, folder, organization, name)  # type: ignore[misc]
        )
        for name in found
    }
    ours: dict[str, Callable[[], float]] = {
        f"2 workers, {name}": lambda name=name: timed(  # type: ignore[misc]
            exporter, organization, format=name
        )
        for name in load()
    }
    bench.compare(
        "format_exports",
        f"Exports of {bench.export_rows:,} rows, with files on the local disk",
        packers | ours,
        f"psql | {found[-1]}",
        rounds=3,
    )


def psql_packed(place: Laptop, folder: Path, organization: str, packer: str) -> None:
    """Write the tenant's rows to a packed file with psql and a pipe."""
    query = (
        f"COPY (SELECT {others.COLUMN_NAMES} FROM sample.invoices"
        f" WHERE organization_id = '{organization}' ORDER BY created_at, id)"
        " TO STDOUT (FORMAT csv)"
    )
    with (folder / f"{packer}.csv.gz").open("wb") as file:
        psql = subprocess.Popen(
            [str(binaries() / "psql"), place.url_of("postgres"), "-qc", query],
            stdout=subprocess.PIPE,
        )
        subprocess.run([packer, "--stdout"], stdin=psql.stdout, stdout=file, check=True)
        assert psql.wait() == 0


def _workbooks(bench: Bench, exporter: Exporter, folder: Path) -> None:
    organization = organization_of(bench.export_rows)
    file = folder / "library.xlsx"
    libraries = {
        name: clock(lambda write=write: write(bench.place, file, organization))  # type: ignore[misc]
        for name, write in workbooks.LIBRARIES.items()
    }
    bench.compare(
        "format_workbooks",
        f"Workbooks of {bench.export_rows:,} rows: two workers of ours, and libraries",
        {"2 workers, xlsx": lambda: timed(exporter, organization, format="xlsx")}
        | libraries,
        "2 workers, xlsx",
        # Libraries take minutes for a million rows.
        rounds=1,
        warm_up=False,
    )
