"""The data path (plan, pages and compose) with files on the local disk."""

import time

from benchmarks import others
from benchmarks.bench import Bench
from benchmarks.database import ORGANIZATION, organization_of
from benchmarks.measure import clock, console
from benchmarks.ours import Exporter
from invoice_export.steps.plan_pages import PagePolicy

WORKERS = (1, 2, 3, 4, 8)


def exports(bench: Bench) -> None:
    r"""Compare one and two workers, gzip and a snapshot with ``psql \copy``."""
    folder = bench.place.folder / "out"
    folder.mkdir(exist_ok=True)
    organization = organization_of(bench.export_rows)
    one, two = Exporter(bench.place, 1), Exporter(bench.place, 2)

    def psql() -> None:
        others.psql_copy(bench.place, folder / "psql.csv", organization)

    bench.compare(
        "data_path",
        f"Data path of {bench.export_rows:,} rows, with files on the local disk",
        {
            r"psql \copy": clock(psql),
            "2 workers": lambda: timed(two, organization),
            "1 worker": lambda: timed(one, organization),
            "2 workers, csv.gz": lambda: timed(two, organization, format="csv.gz"),
            "snapshot, 1 worker": lambda: timed(
                one, organization, consistency="snapshot"
            ),
        },
        r"psql \copy",
        rounds=3 if bench.quick else 5,
    )
    stages(bench, two, organization)
    one.close()
    for rows in bench.tenants[1:]:
        bench.speed(
            "rows_per_second_by_rows",
            rows,
            f"Data path of {rows:,} rows, 2 workers",
            rows,
            lambda rows=rows: timed(two, organization_of(rows)),  # type: ignore[misc]
        )
    two.close()


def timed(exporter: Exporter, organization: str, **options: str) -> float:
    """Return the seconds of one export, from the end of its start."""
    run = exporter.start(organization, **options)
    start = time.perf_counter()
    exporter.export(run)
    return time.perf_counter() - start


def stages(bench: Bench, exporter: Exporter, organization: str) -> None:
    """Measure each stage of one export, and how many bytes compose reads."""
    run = exporter.start(organization)
    moments = [time.perf_counter()]
    pages = exporter.plan(run)
    moments.append(time.perf_counter())
    exporter.write(run, pages)
    moments.append(time.perf_counter())
    before = exporter.here.s3.bytes_read
    exporter.compose(run)
    moments.append(time.perf_counter())
    bench.facts["stages"] = {
        name: after - start
        for name, start, after in zip(
            ("plan", "pages", "compose"), moments, moments[1:], strict=False
        )
    }
    bench.facts["compose_bytes_through_lambda"] = exporter.here.s3.bytes_read - before
    console.print("seconds by stage:", bench.facts["stages"])
    console.print(
        "part bytes read by compose:", bench.facts["compose_bytes_through_lambda"]
    )


def workers(bench: Bench) -> None:
    """Measure rows per second by the number of workers; the cores are the limit."""
    policy = PagePolicy(min_rows=500, max_rows=50_000, database_vcpus=16)
    for number in WORKERS[: 2 if bench.quick else None]:
        exporter = Exporter(bench.place, number, policy)
        bench.speed(
            "rows_per_second_by_workers",
            number,
            f"{bench.rows:,} rows with {number} workers",
            bench.rows,
            lambda exporter=exporter: timed(exporter, ORGANIZATION),  # type: ignore[misc]
        )
        exporter.close()
