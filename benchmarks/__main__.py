"""``python -m benchmarks [--quick]``: measure, print tables, write JSON."""

import argparse
import json
import os
import platform
import resource
import shutil
import subprocess
import sys
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any
from uuid import UUID

import psycopg

from benchmarks import database, others
from benchmarks.database import ORGANIZATION
from benchmarks.measure import Comparison, compare, compare_clock, console
from benchmarks.ours import Exporter
from invoice_export.adapters.rows import PageBoundsRow
from invoice_export.contracts import WritePageInput
from invoice_export.steps.page_parts import read_page
from invoice_export.steps.plan_pages import PagePolicy
from local.config import ROOT, Laptop

RESULTS = ROOT / "benchmarks" / "results"
PAGE = 100_000


class Bench:
    """One run of all measurements."""

    def __init__(self, place: Laptop, *, quick: bool) -> None:
        self.place = place
        self.quick = quick
        self.rounds = 5 if quick else 9
        self.rows = 300_000 if quick else 3_000_000
        self.export_rows = 100_000 if quick else 1_000_000
        self.facts: dict[str, Any] = {}
        self.comparisons: dict[str, Comparison] = {}

    def compare(
        self,
        name: str,
        title: str,
        contenders: dict[str, Callable[[], object]],
        baseline: str,
    ) -> None:
        self.comparisons[name] = compare(
            title, contenders, baseline=baseline, rounds=self.rounds
        )

    # One page

    def bounds(self, skip: int, rows: int) -> tuple[PageBoundsRow, tuple[Any, ...]]:
        """The page of ``rows`` rows that begins after ``skip`` rows."""
        keys = []
        with psycopg.connect(self.place.url_of("postgres")) as db:
            for offset in (skip, skip + rows):
                key = db.execute(
                    "SELECT created_at, id FROM invoices WHERE organization_id = %s"
                    " ORDER BY created_at, id OFFSET %s LIMIT 1",
                    [ORGANIZATION, offset],
                ).fetchone()
                keys.append(key)
        first, after = keys
        assert first is not None
        end = after or (datetime(9999, 1, 1, tzinfo=UTC), UUID(int=0))
        bounds = PageBoundsRow(
            start_created_at=first[0],
            start_id=first[1],
            next_created_at=end[0],
            next_id=end[1],
            last_created_at=end[0],
            last_id=end[1],
            planned_at=datetime.now(UTC),
        )
        return bounds, (*first, *end)

    def pages(self) -> None:
        """The page worker against raw COPY, by page size and by place."""
        exporter = Exporter(self.place, 1)
        run_ref = exporter.start()
        raw = others.RawCopy(self.place)
        planner = others.RawCopy(self.place, ordered_by_index=False)
        where = " AND (created_at, id) >= (%s, %s) AND (created_at, id) < (%s, %s)"

        def ours(bounds: PageBoundsRow, number: int = 2) -> None:
            db = exporter.here.db
            with db.tenant(ORGANIZATION) as tx:
                run = exporter_run(tx, run_ref)
                with read_page(tx, run, number, bounds) as part:
                    part.finish()

        size = PAGE if not self.quick else 50_000
        first, first_keys = self.bounds(0, size)
        last, _ = self.bounds(self.rows - size, size)
        middle, keys = self.bounds(self.rows // 2, size)
        self.compare(
            "page",
            f"One page of {size:,} rows: worker (RLS, guard, CRLF, RFC 3339, SHA-256, "
            "CRC-32) against raw COPY",
            {
                "raw COPY, index order": lambda: raw.read(where, *keys),
                "raw COPY, planner's choice": lambda: planner.read(where, *keys),
                "page worker": lambda: ours(middle),
            },
            "raw COPY, index order",
        )
        self._page_cpu(
            exporter, raw, lambda: raw.read(where, *keys), lambda: ours(middle)
        )
        self.compare(
            "place",
            "The same worker at the beginning and at the end of the export",
            {"first page": lambda: ours(first, 1), "last page": lambda: ours(last)},
            "first page",
        )
        sizes = [1_000, 10_000, 50_000] + ([] if self.quick else [100_000, 300_000])
        self.facts["rows_per_second_by_page_rows"] = {}
        for rows in sizes:
            bounds, _ = self.bounds(self.rows // 2, rows)
            one = compare(
                f"Pages of {rows:,} rows",
                {"page worker": lambda bounds=bounds: ours(bounds)},  # type: ignore[misc]
                baseline="page worker",
                rounds=self.rounds,
            )
            self.facts["rows_per_second_by_page_rows"][rows] = (
                rows / one.results[0].median
            )
        del first_keys
        raw.connection.close()
        planner.connection.close()
        exporter.close()

    def _page_cpu(
        self,
        exporter: Exporter,
        raw: others.RawCopy,
        read: Callable[[], object],
        write: Callable[[], object],
    ) -> None:
        if not Path("/proc/self/schedstat").exists():
            return

        def backend(connection: psycopg.Connection, run: Callable[[], object]) -> float:
            before = others.backend_seconds(connection)
            run()
            return others.backend_seconds(connection) - before

        def client(run: Callable[[], object]) -> float:
            before = time.process_time()
            run()
            return time.process_time() - before

        with exporter.here.db.system() as tx:
            connection = tx._connection  # noqa: SLF001 - to know its server process
        self.comparisons["page_cpu"] = compare_clock(
            "The same page in CPU seconds: the database's process, and the client's",
            {
                "raw COPY, database": lambda: backend(raw.connection, read),
                "page worker, database": lambda: backend(connection, write),
                "raw COPY, client": lambda: client(read),
                "page worker, client": lambda: client(write),
            },
            baseline="raw COPY, database",
            rounds=self.rounds,
        )

    # Planning

    def planning(self) -> None:
        exporter = Exporter(self.place, 1)
        run = exporter.start()
        raw = others.RawCopy(self.place)
        self.compare(
            "planning",
            f"Planning {self.rows:,} rows against raw COPY of them",
            {
                "raw COPY": lambda: raw.read(""),
                "planning": lambda: exporter.plan(exporter.forget(run)),
            },
            "raw COPY",
        )
        raw.connection.close()
        exporter.close()

    # Whole exports

    @contextmanager
    def tenant_of(self, rows: int) -> Iterator[None]:
        """Hide all but the tenant's first rows for a while, in another tenant."""
        if rows == self.rows:
            yield
            return
        with psycopg.connect(self.place.url_of("postgres"), autocommit=True) as db:
            db.execute("SET session_replication_role = replica")
            db.execute(
                "CREATE TABLE IF NOT EXISTS bench_all AS SELECT * FROM invoices LIMIT 0"
            )
            db.execute("ALTER TABLE invoices RENAME TO invoices_all")
            try:
                db.execute("CREATE TABLE invoices (LIKE invoices_all INCLUDING ALL)")
                db.execute(
                    "INSERT INTO invoices SELECT * FROM invoices_all"
                    " WHERE created_at < (SELECT created_at FROM invoices_all"
                    "  WHERE organization_id = %s ORDER BY created_at, id"
                    "  OFFSET %s LIMIT 1)",
                    [ORGANIZATION, rows],
                )
                db.execute("ALTER TABLE invoices ENABLE ROW LEVEL SECURITY")
                db.execute("ALTER TABLE invoices FORCE ROW LEVEL SECURITY")
                db.execute(
                    "CREATE POLICY tenant ON invoices USING (organization_id ="
                    " nullif(current_setting('app.org_id', true), ''))"
                )
                db.execute("GRANT SELECT ON invoices TO invoice_export_app")
                db.execute("VACUUM (FREEZE, ANALYZE) invoices")
                yield
            finally:
                db.execute("DROP TABLE IF EXISTS invoices, bench_all")
                db.execute("ALTER TABLE invoices_all RENAME TO invoices")

    def exports(self) -> None:
        """Data path only: plan, pages and compose, with S3 on the local disk."""
        folder = self.place.folder / "out"
        folder.mkdir(exist_ok=True)
        rows = self.export_rows
        with self.tenant_of(rows):
            one, two = Exporter(self.place, 1), Exporter(self.place, 2)
            with psycopg.connect(self.place.url_of("postgres")) as db:
                db.execute(
                    "TRUNCATE exports, export_pages, execution_starts, email_deliveries"
                )
            plain, packed, snapshot = (
                two.another("plain"),
                two.another("packed", format="csv.gz"),
                two.another("snapshot", consistency="snapshot"),
            )
            contenders: dict[str, Callable[[], object]] = {
                r"psql \copy": lambda: others.psql_copy(
                    self.place, folder / "psql.csv", rows
                ),
                "data path, 2 workers": lambda: two.export(plain),
                "data path, 1 worker": lambda: one.export(plain),
                "2 workers, csv.gz": lambda: two.export(packed),
                "snapshot, 1 worker": lambda: one.export(snapshot),
            }
            dbos = others.dbos(self.place, folder / "dbos.csv", rows)
            if dbos is not None:
                contenders["DBOS Transact"] = dbos
            contenders["the reference's way"] = lambda: others.the_reference_s_way(
                self.place, folder / "reference.csv", rows
            )
            self.rounds = 5
            self.compare(
                "export",
                f"Whole export of {rows:,} rows, S3 on the local disk",
                contenders,
                r"psql \copy",
            )
            self._stages(two)
            one.close()
            two.close()
        self._by_rows()
        self._memory()

    def _by_rows(self) -> None:
        """Speed of the whole data path for exports of several sizes."""
        facts = self.facts["rows_per_second_by_rows"] = {}
        for rows in (1_000, 10_000, 100_000) + (() if self.quick else (300_000,)):
            with self.tenant_of(rows):
                exporter = Exporter(self.place, 2)
                run = exporter.start()
                one = compare(
                    f"Export of {rows:,} rows, 2 workers",
                    {"export": lambda e=exporter, r=run: e.export(r)},  # type: ignore[misc]
                    baseline="export",
                    rounds=3,
                )
                facts[rows] = rows / one.results[0].median
                exporter.close()
        whole = next(
            result
            for result in self.comparisons["export"].results
            if result.name == "data path, 2 workers"
        )
        facts[self.export_rows] = self.export_rows / whole.median

    def _stages(self, exporter: Exporter) -> None:
        run = exporter.start()
        pages: list[int] = []

        def plan() -> None:
            nonlocal pages
            pages = exporter.plan(exporter.forget(run))

        stages = compare(
            "Where the time goes in one export (2 workers)",
            {
                "plan": plan,
            },
            baseline="plan",
            rounds=3,
        )
        self.facts["stages"] = {"plan": stages.results[0].median}
        start = time.perf_counter()
        exporter.write(run, pages)
        middle = time.perf_counter()
        before = exporter.here.s3.bytes_read
        exporter.compose(run)
        self.facts["stages"] |= {
            "pages": middle - start,
            "compose": time.perf_counter() - middle,
        }
        self.facts["compose_bytes_through_lambda"] = (
            exporter.here.s3.bytes_read - before
        )
        console.print(self.facts["stages"])
        console.print(
            "part bytes read by compose:", self.facts["compose_bytes_through_lambda"]
        )

    def _memory(self) -> None:
        """The worker's peak above its idle size, for pages of 10 k to 3 M rows."""
        self.facts["memory_mib_above_idle"] = {}
        for rows in (10_000, 100_000) + (() if self.quick else (1_000_000, 3_000_000)):
            done = subprocess.run(
                [sys.executable, "-m", "benchmarks.memory", str(rows)],
                capture_output=True,
                text=True,
                check=True,
                env={**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)},
            )
            self.facts["memory_mib_above_idle"][rows] = json.loads(done.stdout)
        console.print("memory above idle:", self.facts["memory_mib_above_idle"])

    def workers(self) -> None:
        """Rows a second by the number of workers; the machine's cores are the limit."""
        self.facts["rows_per_second_by_workers"] = {}
        policy = PagePolicy(min_rows=500, max_rows=50_000, database_vcpus=16)
        for workers in (1, 2, 3, 4, 8):
            exporter = Exporter(self.place, workers, policy)
            run = exporter.start()
            one = compare(
                f"{self.rows:,} rows with {workers} workers",
                {"export": lambda e=exporter, r=run: e.export(r)},  # type: ignore[misc]
                baseline="export",
                rounds=2 if self.quick else 3,
            )
            self.facts["rows_per_second_by_workers"][workers] = (
                self.rows / one.results[0].median
            )
            exporter.close()

    def dump(self) -> dict[str, Any]:
        return {
            "at": datetime.now(UTC).isoformat(timespec="seconds"),
            "quick": self.quick,
            "machine": machine(),
            "rows": self.rows,
            "comparisons": {k: v.dump() for k, v in self.comparisons.items()},
            "facts": self.facts,
        }


def exporter_run(tx: Any, ref: Any) -> Any:
    from invoice_export.adapters.lane import check_active  # noqa: PLC0415

    return check_active(tx, WritePageInput(**ref.model_dump(), page=1))


def machine() -> dict[str, Any]:
    """What the numbers were measured on, and how busy it was with other things."""
    cpu = platform.processor() or platform.machine()
    info = Path("/proc/cpuinfo")
    if info.exists():
        names = [
            line.split(":")[1].strip()
            for line in info.read_text().splitlines()
            if line.startswith("model name")
        ]
        cpu = names[0] if names else cpu
    return {
        "cpu": cpu,
        "cores": os.cpu_count(),
        "system": platform.platform(terse=True),
        "python": platform.python_version(),
        "load": os.getloadavg(),
        "peak_rss_kib": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss,
    }


SECTIONS = ("pages", "planning", "exports", "workers")


def main() -> int:
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="about one minute")
    parser.add_argument("--only", choices=SECTIONS, action="append")
    options = parser.parse_args()
    place = database.laptop()
    place.folder.chmod(0o755)
    bench = Bench(place, quick=options.quick)
    try:
        with console.status(f"Making {bench.rows:,} rows and their noise"):
            database.start(place, bench.rows)
        for section in options.only or SECTIONS[: 3 if options.quick else None]:
            getattr(bench, section)()
    finally:
        database.stop(place)
        shutil.rmtree(place.folder / "s3", ignore_errors=True)
        shutil.rmtree(place.folder / "out", ignore_errors=True)
    RESULTS.mkdir(exist_ok=True)
    name = "quick" if options.quick else "full"
    if options.only:
        name = "-".join(options.only)
    path = RESULTS / f"{name}.json"
    path.write_text(json.dumps(bench.dump(), indent=2) + "\n")
    console.print(f"written: {path}", soft_wrap=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
