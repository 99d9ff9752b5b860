r"""Whole exports against psql, DBOS Transact and the reference's way, doing the same.

Two tables, to the S3 of the laptop stack and to the local disk, with rows that lie
scattered and with rows that lie together. It takes about 12 minutes.
"""

from collections.abc import Callable
from pathlib import Path

from benchmarks import others
from benchmarks.bench import Bench
from benchmarks.bucket import Bucket
from benchmarks.database import make_contiguous, organization_of
from benchmarks.exports import timed
from benchmarks.measure import clock, console
from benchmarks.ours import Exporter
from benchmarks.stack import Client, TwoTimes, running

ROUNDS = 5
PSQL_TO_S3 = "`psql` into a multipart upload"
PSQL_TO_DISK = r"`psql \copy` to a file"
OURS = "**POST to completed**"
DATA_PATH = "of which plan, pages, compose"
ON_DISK = "**plan, pages, compose**, with files in place of S3"
DBOS = "DBOS Transact"
REFERENCE = "the reference's way"


def whole(bench: Bench) -> None:
    """Compare to S3 and to the disk, in both layouts."""
    (bench.place.folder / "out").mkdir(exist_ok=True)
    with running(bench) as facts:
        for layout in ("scattered", "contiguous"):
            if layout == "contiguous":
                with console.status("Laying each tenant's rows together"):
                    make_contiguous(bench.place)
            to_s3(bench, facts, layout)
            to_disk(bench, layout)


def to_s3(bench: Bench, facts: dict[str, str], layout: str) -> None:
    place, organization = bench.place, organization_of(bench.export_rows)
    client, bucket = Client(place, facts, organization), Bucket(place, facts)
    ours = TwoTimes(client)

    def psql() -> None:
        others.psql_upload(place, bucket, organization)

    def reference() -> None:
        bucket.put(others.reference_export(place, organization))

    def cleared(run: Callable[[], float]) -> Callable[[], float]:
        def timed() -> float:
            seconds = run()
            bucket.clear()
            return seconds

        return timed

    with others.dbos(place, organization, bucket.name) as dbos:
        _compare(
            bench,
            f"whole_s3_{layout}",
            f"{bench.export_rows:,} rows to the laptop stack's S3, {layout}",
            {
                PSQL_TO_S3: cleared(clock(psql)),
                OURS: cleared(ours.whole),
                DATA_PATH: cleared(ours.data_path),
                DBOS: cleared(clock(dbos)),
                REFERENCE: cleared(clock(reference)),
            },
            ours=OURS,
        )
    client.close()


def to_disk(bench: Bench, layout: str) -> None:
    place, organization = bench.place, organization_of(bench.export_rows)
    folder, exporter = place.folder / "out", Exporter(place, 2)

    def psql() -> None:
        others.psql_copy(place, folder / "psql.csv", organization)

    def reference() -> None:
        file = Path(folder / "reference.csv")
        file.write_bytes(others.reference_export(place, organization))

    def ours() -> float:
        seconds = timed(exporter, organization)
        # The sweep of the stack must not find this run.
        exporter.clear()
        return seconds

    with others.dbos(place, organization) as dbos:
        _compare(
            bench,
            f"whole_disk_{layout}",
            f"{bench.export_rows:,} rows to the local disk, {layout}",
            {
                PSQL_TO_DISK: clock(psql),
                ON_DISK: ours,
                DBOS: clock(dbos),
                REFERENCE: clock(reference),
            },
            ours=ON_DISK,
        )
    exporter.close()


def _compare(
    bench: Bench,
    name: str,
    title: str,
    contenders: dict[str, Callable[[], float]],
    *,
    ours: str,
) -> None:
    """Compare, and print what goes into docs/performance.md."""
    baseline = next(iter(contenders))
    bench.compare(name, title, contenders, baseline, rounds=ROUNDS)
    found = bench.comparisons[name]
    console.print(found.markdown("of psql's time"), soft_wrap=True, markup=False)
    for other in (DBOS, REFERENCE):
        console.print(f"{other}: {found.ratio(other, ours):.2f} of ours")
