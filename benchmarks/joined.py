"""A joined dataset, with and without filters, compared with raw COPY of its SELECT."""

from datetime import datetime, timedelta
from pathlib import Path
from uuid import UUID

import psycopg
from psycopg import ClientCursor

from benchmarks.bench import Bench
from benchmarks.database import BILLS, DATASETS
from benchmarks.measure import clock
from invoice_export.contracts.requests import parse
from invoice_export.domain.requests import ExportRequest
from invoice_export.steps.page_parts import read_page
from invoice_export.steps.plan_pages import PagePolicy, find_pages
from invoice_export.store.connection import connector
from invoice_export.store.database import Database
from invoice_export.store.plans import PlanRow
from invoice_export.store.reading import KeyRange
from local.config import Laptop

TENANT = str(UUID(int=1))
OTHER = str(UUID(int=2))
FIRST = datetime.fromisoformat("2021-01-01T00:00:00+00:00")
SECONDS_BETWEEN = 31.234567
PAGES = PagePolicy(min_rows=500, max_rows=100_000, database_vcpus=2)
# The same columns as the files', with times as they are.
COPY = (
    "COPY (SELECT id, number, customer_name, status, total, created_at, paid_at"
    f" FROM ({BILLS.query}) q WHERE organization_id = %s {{}}"
    " ORDER BY created_at, id) TO STDOUT (FORMAT csv)"
)
# PostgreSQL drops the join of the customer from a walk over keys, but still reads its
# column: from the table, unless the index has it.
COVERING_INDEX = """
CREATE INDEX IF NOT EXISTS bills_covering ON billing.bills
  (organization_id, created_at, id) INCLUDE (customer_id) WHERE discarded_at IS NULL
"""


def joined(bench: Bench) -> None:
    """Compare pages and planning of the ledger's bills with raw COPY."""
    rows = bench.rows // 3
    create(bench.place, rows)
    worker = Worker(bench.place)
    raw = RawCopy(bench.place)
    everything = parse(DATASETS, {"dataset": BILLS.name})
    page = worker.page(everything, 50_000)
    between = "AND (created_at, id) >= (%s, %s) AND (created_at, id) < (%s, %s)"
    keys = (*(page.start or ()), *(page.end or ()))
    bench.compare(
        "joined_page",
        "One page of 50,000 joined rows: worker, and raw COPY of the same SELECT",
        {
            "raw COPY": clock(lambda: raw.read(between, *keys)),
            "page worker": clock(lambda: worker.write(everything, page)),
        },
        "raw COPY",
    )
    _planning(bench, worker, raw, "")
    with psycopg.connect(bench.place.url_of("postgres"), autocommit=True) as db:
        db.execute(COVERING_INDEX)
        db.execute("VACUUM billing.bills")
        try:
            _planning(bench, worker, raw, "_covered")
        finally:
            db.execute("DROP INDEX billing.bills_covering")
    raw.connection.close()
    worker.db.close()


def _planning(bench: Bench, worker: "Worker", raw: "RawCopy", suffix: str) -> None:
    """Compare planning, all rows and a tenth of them, with raw COPY."""
    rows = bench.rows // 3
    index = "an index with the join's column" if suffix else "the application's index"
    everything = parse(DATASETS, {"dataset": BILLS.name})
    tenth = parse(DATASETS, {"dataset": BILLS.name, "filters": filters_of(rows)})
    bench.compare(
        f"joined_planning{suffix}",
        f"Planning {rows:,} joined rows with {index}, and raw COPY of them",
        {
            "raw COPY": clock(lambda: raw.read("")),
            "planning": clock(lambda: worker.plan(everything)),
        },
        "raw COPY",
    )
    period = "AND created_at >= %s AND created_at < %s"
    bounds = tuple(filters_of(rows)["createdAt"].values())
    bench.compare(
        f"joined_filtered_planning{suffix}",
        f"Planning a tenth of them with {index}, and raw COPY of that",
        {
            "raw COPY": clock(lambda: raw.read(period, *bounds)),
            "planning": clock(lambda: worker.plan(tenth)),
        },
        "raw COPY",
        rounds=bench.rounds_of_moments,
    )


class Worker:
    """Plans and renders pages as the Lambdas do, but puts nothing into S3."""

    def __init__(self, place: Laptop) -> None:
        self.db = Database(connector(place.database_url), DATASETS)

    def page(self, request: ExportRequest, size: int) -> KeyRange:
        """Return a page of ``size`` rows from the middle of the plan."""
        plan = self.plan(request, PAGES._replace(max_rows=size))
        middle = (len(plan.page_starts) - 1) // 2
        start, end = [*plan.page_starts, plan.last_key][middle : middle + 2]
        return KeyRange(start=tuple(start), end=tuple(end), cut_off=plan.planned_at)

    def write(self, request: ExportRequest, page: KeyRange) -> None:
        with self.db.tenant(TENANT) as tx, read_page(tx, request, 2, page) as part:
            part.finish()

    def plan(self, request: ExportRequest, policy: PagePolicy = PAGES) -> PlanRow:
        with self.db.tenant(TENANT, snapshot=True) as tx:
            return find_pages(tx, request, policy)


class RawCopy:
    """COPY of the dataset's own SELECT as a superuser; the data is dropped."""

    def __init__(self, place: Laptop) -> None:
        self.connection = psycopg.connect(place.url_of("postgres"), autocommit=True)

    def read(self, where: str, *params: str) -> int:
        """Return the number of bytes."""
        statement = COPY.format(where)
        cursor = ClientCursor(self.connection)
        text = cursor.mogrify(statement, (TENANT, *params))
        connection, size = self.connection.pgconn, 0
        connection.exec_(text.encode())
        while (data := connection.get_copy_data(0))[0] >= 0:
            size += data[0]
        connection.get_result()
        return size


def filters_of(rows: int) -> dict[str, dict[str, str]]:
    """Return a condition that the tenth of the rows in their middle meets."""
    seconds = rows / 3 * 4 / 3 * SECONDS_BETWEEN
    begins, ends = (FIRST + timedelta(seconds=seconds * part) for part in (0.45, 0.55))
    return {"createdAt": {"from": begins.isoformat(), "to": ends.isoformat()}}


def create(place: Laptop, rows: int) -> None:
    """Create the ledger's bills, unless they are there already."""
    with psycopg.connect(place.url_of("postgres"), autocommit=True) as db:
        present = db.execute(
            "SELECT count(*) FROM billing.bills WHERE organization_id = %s", [TENANT]
        ).fetchone()
        if present != (rows,):
            fill(db, rows)


def fill(db: psycopg.Connection, rows: int) -> None:
    """Replace the bills of both tenants."""
    db.execute("TRUNCATE billing.organizations CASCADE")
    values = {"tenant": TENANT, "other": OTHER, "rows": rows}
    with db.transaction():
        for statement in Path(__file__).with_suffix(".sql").read_bytes().split(b";\n"):
            if statement.strip():
                db.execute(statement, values)
    db.execute("VACUUM (FREEZE, ANALYZE)")
