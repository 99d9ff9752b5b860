"""One page, and the planning of all pages, compared with raw COPY."""

import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from benchmarks import others
from benchmarks.bench import Bench
from benchmarks.database import ORGANIZATION
from benchmarks.measure import clock, clocked
from benchmarks.ours import Exporter
from invoice_export import formats
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.steps.page_parts import read_page
from invoice_export.steps.read_request import read_request
from invoice_export.store import exported_rows, runs
from invoice_export.store.reading import KeyRange
from local.config import Laptop
from tests.driver import asking

PAGE = 100_000
SIZES = (1_000, 10_000, 50_000, 100_000, 300_000)
# About a tenth of the rows, from their middle.
PERIOD = {
    False: {"from": "2021-09-01T00:00:00Z", "to": "2021-10-15T00:00:00Z"},
    True: {"from": "2021-01-22T00:00:00Z", "to": "2021-01-27T00:00:00Z"},
}
WITHIN = " AND created_at >= %s AND created_at < %s"
BETWEEN = " AND (created_at, id) >= (%s, %s) AND (created_at, id) < (%s, %s)"


def pages(bench: Bench) -> None:
    """Compare pages by time, by CPU seconds, by their position and by their size."""
    exporter = Exporter(bench.place, 1)
    worker = PageWorker(exporter)
    raw = others.RawCopy(bench.place)
    planner = others.RawCopy(bench.place, ordered_by_index=False)
    size = PAGE if not bench.quick else 50_000
    first, last, middle = (
        bounds_of(bench.place, skip, size)
        for skip in (0, bench.rows - size, bench.rows // 2)
    )
    keys = keys_of(middle)
    bench.compare(
        "page",
        f"One page of {size:,} rows: worker (RLS, guard, CRLF, RFC 3339, SHA-256, "
        "CRC-32) and raw COPY",
        {
            "raw COPY, index order": clock(lambda: raw.read(BETWEEN, *keys)),
            "raw COPY, planner's choice": clock(lambda: planner.read(BETWEEN, *keys)),
            "page worker": clock(lambda: worker.write(middle)),
        },
        "raw COPY, index order",
    )
    _cpu(bench, worker, raw, middle)
    _client(bench, worker, middle)
    bench.compare(
        "place",
        "The same worker at the beginning and at the end of the export",
        {
            "first page": clock(lambda: worker.write(first, 1)),
            "last page": clock(lambda: worker.write(last)),
        },
        "first page",
    )
    for rows in SIZES[: 3 if bench.quick else None]:
        _by_size(bench, worker, rows)
    raw.connection.close()
    planner.connection.close()
    exporter.close()


def planning(bench: Bench) -> None:
    """Compare the planning of the big tenant with raw COPY of it."""
    exporter = Exporter(bench.place, 1)
    run = exporter.start()
    raw = others.RawCopy(bench.place)
    bench.compare(
        "planning",
        f"Planning {bench.rows:,} rows, and raw COPY of them",
        {
            "raw COPY": clock(lambda: raw.read("")),
            "planning": lambda: planned(exporter, run),
        },
        "raw COPY",
    )
    period = PERIOD[bench.quick]
    filtered = exporter.start(filters={"createdAt": period})
    bench.compare(
        "filtered_planning",
        "Planning the invoices of a period that the index finds, and raw COPY of them",
        {
            "raw COPY": clock(lambda: raw.read(WITHIN, *period.values())),
            "planning": lambda: planned(exporter, filtered),
        },
        "raw COPY",
        rounds=bench.rounds_of_moments,
    )
    raw.connection.close()
    exporter.close()


def planned(exporter: Exporter, run: RunRef) -> float:
    """Return the seconds of planning a run that has no plan."""
    exporter.forget(run)
    return clocked(lambda: exporter.plan(run))[0]


class PageWorker:
    """Renders pages as the Lambda does, but puts nothing into S3."""

    def __init__(self, exporter: Exporter) -> None:
        self.db = exporter.here.db
        self._run = exporter.start()

    def write(self, bounds: KeyRange, number: int = 2) -> None:
        with self.db.tenant(ORGANIZATION) as tx:
            run = runs.get_active(tx, self._run)
            with read_page(tx, read_request(tx, run), number, bounds) as part:
                part.finish()

    def rows(self, bounds: KeyRange) -> Iterator[list[memoryview]]:
        """Yield the raw rows of a page."""
        with self.db.tenant(ORGANIZATION) as tx:
            exported_rows.read_in_order(tx)
            yield from exported_rows.copy_page(tx, asking(), bounds)

    def connection(self) -> psycopg.Connection[Any]:
        with self.db.system() as tx:
            return tx._connection  # noqa: SLF001 - its server process is measured


def _cpu(bench: Bench, worker: PageWorker, raw: others.RawCopy, page: KeyRange) -> None:
    if not Path("/proc/self/schedstat").exists():
        return
    theirs, ours = raw.connection, worker.connection()

    def read() -> object:
        return raw.read(BETWEEN, *keys_of(page))

    def write() -> None:
        worker.write(page)

    bench.compare(
        "page_cpu",
        "The same page in CPU seconds of the database's and the client's process",
        {
            "raw COPY, database": lambda: backend_cpu(theirs, read),
            "page worker, database": lambda: backend_cpu(ours, write),
            "raw COPY, client": lambda: client_cpu(read),
            "page worker, client": lambda: client_cpu(write),
        },
        "raw COPY, database",
    )


def _client(bench: Bench, worker: PageWorker, page: KeyRange) -> None:
    """Measure the client's CPU; each contender does more than the one before."""

    def read() -> None:
        for _ in worker.rows(page):
            pass

    def finish() -> None:
        write_rows = formats.of("csv").writer(asking())
        for rows in worker.rows(page):
            write_rows(rows)

    bench.compare(
        "page_client",
        "The client's CPU seconds of the same page, by how much of the work it does",
        {
            "read rows": lambda: client_cpu(read),
            "and finish them (CRLF, T)": lambda: client_cpu(finish),
            "and keep, hash, fence": lambda: client_cpu(lambda: worker.write(page)),
        },
        "and keep, hash, fence",
    )


def backend_cpu(
    connection: psycopg.Connection[Any], run: Callable[[], object]
) -> float:
    before = others.backend_seconds(connection)
    run()
    return others.backend_seconds(connection) - before


def client_cpu(run: Callable[[], object]) -> float:
    before = time.process_time()
    run()
    return time.process_time() - before


def _by_size(bench: Bench, worker: PageWorker, rows: int) -> None:
    bounds = bounds_of(bench.place, bench.rows // 2, rows)

    bench.speed(
        "rows_per_second_by_page_rows",
        rows,
        f"Pages of {rows:,} rows",
        rows,
        clock(lambda: worker.write(bounds)),
    )


def bounds_of(place: Laptop, skip: int, rows: int) -> KeyRange:
    """Return the big tenant's page of ``rows`` rows that starts after ``skip``."""
    with psycopg.connect(place.url_of("postgres")) as db:
        first, after = (
            db.execute(
                "SELECT created_at::text, id::text FROM sample.invoices"
                " WHERE organization_id = %s"
                " ORDER BY created_at, id OFFSET %s LIMIT 1",
                [ORGANIZATION, offset],
            ).fetchone()
            for offset in (skip, skip + rows)
        )
    assert first is not None
    end = after or ("9999-01-01 00:00:00+00", str(UUID(int=0)))
    return KeyRange(start=first, end=end, cut_off=datetime.now(UTC))


def keys_of(keys: KeyRange) -> tuple[str, ...]:
    return (*(keys.start or ()), *(keys.end or ()))
