"""Time and memory against rows: 10,000 to 30 million, on the laptop stack.

A server of its own holds one table with a tenant of each size, whose rows lie together.
With 30 M rows it takes about 25 minutes, of them ten to fill the table once, and 32 GB
of disk; with less room the largest tenants are left out. Linux only.
"""

import contextlib
import math
import shutil
import statistics
import time
from collections.abc import Mapping, Sequence
from dataclasses import replace

import psutil
import psycopg

from benchmarks import database, others
from benchmarks.bench import Bench
from benchmarks.bucket import Bucket
from benchmarks.measure import compare, console
from benchmarks.memory import reset_peak, resident
from benchmarks.stack import Client, running
from local.config import Laptop
from local.engine import Engine
from local.workers import workers_of

SIZES = (10_000, 100_000, 1_000_000, 3_000_000, 10_000_000, 30_000_000)
QUICK_SIZES = SIZES[:3]
# Bytes of a row in the table with its indexes, and in a file.
ROW_BYTES, FILE_BYTES = 300, 165
# What the server's log of changes may keep.
LOG_BYTES = 9 * 10**9
# Below this an export's fixed cost hides how it grows.
GROWS_FROM = 1_000_000
PSQL, OURS = "psql into a multipart upload", "POST to completed"


def growth(bench: Bench) -> None:
    """Measure exports of each size, and fit the exponents."""
    place = replace(
        bench.place,
        folder=bench.place.folder / "growth",
        engine_port=bench.place.engine_port + 1,
        database_port=bench.place.database_port + 1,
        workshop_port=bench.place.workshop_port + 1,
    )
    place.folder.mkdir(parents=True, exist_ok=True)
    place.folder.chmod(0o755)
    # What an earlier measurement left will be used again, or replaced.
    files = [file for file in place.folder.rglob("*") if file.is_file()]
    room = shutil.disk_usage(place.folder).free + sum(f.stat().st_size for f in files)
    sizes = fitting(QUICK_SIZES if bench.quick else SIZES, room)
    try:
        with console.status(f"Creating tenants of up to {sizes[-1]:,} rows"):
            database.start_empty(place)
            _fill(place, sizes)
        with running(replace(bench, place=place)) as facts:
            points = {rows: _measure(place, facts, rows) for rows in sizes}
    finally:
        database.stop(place)
    bench.facts["growth"] = points
    console.print(table(points), soft_wrap=True, markup=False)


def fitting(sizes: Sequence[int], free_bytes: int) -> list[int]:
    """Return the sizes whose tables and largest export fit; the first always does."""
    found = [sizes[0]]
    for size in sizes[1:]:
        # Beside the file there are its parts, and psql's parts before they are joined.
        needed = ROW_BYTES * (sum(found) + size) + 2 * FILE_BYTES * size + LOG_BYTES
        if needed > free_bytes:
            break
        found.append(size)
    return found


def exponent(points: Mapping[int, float]) -> float:
    """Return k of ``value = c * rows ** k``: least squares on the logarithms."""
    return statistics.linear_regression(
        [math.log(rows) for rows in points],
        [math.log(value) for value in points.values()],
    ).slope


def exponents(points: Mapping[int, Mapping[str, float]]) -> dict[str, float]:
    """Return the exponent of each measured value, where the fixed cost is small."""
    large = {rows: point for rows, point in points.items() if rows >= GROWS_FROM}
    chosen = large if len(large) > 1 else points
    names = next(iter(points.values()))
    return {
        name: exponent({rows: point[name] for rows, point in chosen.items()})
        for name in names
    }


def table(points: Mapping[int, Mapping[str, float]]) -> str:
    """Return the table of docs/performance.md."""
    heads = ("rows", "export, s", "psql to S3, s", "of psql's time")
    memory_heads = ("largest worker, MiB", "all workers, MiB", "engine, MiB")
    lines = [
        f"| {' | '.join([*heads, *memory_heads])} |",
        "|---|---|---|---|---|---|---|",
    ]
    for rows, point in points.items():
        seconds, psql = point["seconds"], point["psql_seconds"]
        memory = [f"{point[name]:.0f}" for name in ("worker", "workers", "engine")]
        cells = [f"{rows:,}", f"{seconds:.2f}", f"{psql:.2f}", f"{seconds / psql:.2f}"]
        lines.append(f"| {' | '.join([*cells, *memory])} |")
    found = exponents(points)
    fitted = [
        f"{found[name]:.2f}" if name else ""
        for name in ("seconds", "psql_seconds", "", "worker", "workers", "engine")
    ]
    lines.append(f"| exponent | {' | '.join(fitted)} |")
    return "\n".join(lines)


def _fill(place: Laptop, sizes: Sequence[int]) -> None:
    wanted = {database.organization_of(rows): rows for rows in sizes}
    with psycopg.connect(place.url_of("postgres"), autocommit=True) as db:
        if database.sizes(db, list(wanted)) == wanted:
            return
        with db.transaction():
            db.execute("SET LOCAL session_replication_role = replica")
            db.execute("SET LOCAL maintenance_work_mem = '1GB'")
            db.execute("TRUNCATE sample.organizations, sample.users CASCADE")
            db.execute("DROP INDEX sample.invoices_export_idx")
            db.execute("ALTER TABLE sample.invoices DROP CONSTRAINT invoices_pkey")
            db.execute(
                "INSERT INTO sample.users (id, name, email)"
                " VALUES (%s, 'Bea Big', 'bea@big.example')",
                [database.USER],
            )
            for tenant, rows in wanted.items():
                values = {"tenant": tenant, "rows": rows, "user": database.USER}
                database.run_file(db, "growth.sql", values)
            db.execute("ALTER TABLE sample.invoices ADD PRIMARY KEY (id)")
            db.execute(
                "CREATE INDEX invoices_export_idx"
                " ON sample.invoices (organization_id, created_at, id)"
            )
        db.execute("VACUUM (FREEZE, ANALYZE)")
        db.execute("CHECKPOINT")


def _measure(place: Laptop, facts: dict[str, str], rows: int) -> dict[str, float]:
    """Return the median seconds and the peaks of memory in MiB."""
    organization = database.organization_of(rows)
    client, bucket = Client(place, facts, organization), Bucket(place, facts)
    peaks: list[dict[str, float]] = []

    def ours() -> float:
        for process in _processes(place):
            with contextlib.suppress(OSError):
                reset_peak(process.pid)
        seconds = client.export()[1]
        peaks.append(_peaks(place))
        bucket.clear()
        return seconds

    def psql() -> float:
        start = time.perf_counter()
        others.psql_upload(place, bucket, organization)
        seconds = time.perf_counter() - start
        bucket.clear()
        return seconds

    found = compare(
        f"{rows:,} rows, contiguous",
        {PSQL: psql, OURS: ours},
        baseline=PSQL,
        rounds=5 if rows < GROWS_FROM else 3 if rows < 30_000_000 else 1,
        warm_up=rows <= GROWS_FROM,
    )
    client.close()
    return {
        "seconds": statistics.median(found.seconds(OURS)),
        "psql_seconds": statistics.median(found.seconds(PSQL)),
        **{name: max(peak[name] for peak in peaks) for name in peaks[0]},
    }


def _processes(place: Laptop) -> list[psutil.Process]:
    engine = Engine(place).process
    assert engine is not None
    return [engine, *workers_of(place)]


def _peaks(place: Laptop) -> dict[str, float]:
    engine, *workers = _processes(place)
    peaks = [resident("VmHWM", worker.pid) for worker in workers]
    return {
        "worker": max(peaks),
        "workers": sum(peaks),
        "engine": resident("VmHWM", engine.pid),
    }
