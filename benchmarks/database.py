"""The benchmarks' own PostgreSQL, with tenants of several sizes."""

import os
from collections.abc import Sequence
from pathlib import Path

import psycopg
from msgspec.structs import replace
from psycopg import sql

from invoice_export.adapters import own_database, views
from invoice_export.adapters.database_setup import setup_statements
from invoice_export.adapters.migrations import migrate
from invoice_export.domain.dataset import Datasets
from local.config import APP_ROLE, OWNER_ROLE, ROOT, Laptop
from local.postgres import Postgres
from tests import driver
from tests.apps import ledger
from tests.apps.ledger.datasets.bills import DATASET

# Beside the sample's datasets, a joined one over another application.
BILLS = replace(DATASET, default=False)
DATASETS = Datasets((*driver.DATASETS.all, BILLS), driver.DATASETS.directory)
SCHEMA = Path(ledger.__file__).with_name("schema.sql")
LEDGER_TABLES = (("billing", "bills"), ("billing", "customers"))

ORGANIZATION = "org_big"
USER = "user_big"
ENGINE_PORT = 24577
DATABASE_PORT = 24331
WORKSHOP_PORT = 24588

# The laptop's settings, but without checkpoints, which would distort a measurement.
TUNING = (
    "ALTER SYSTEM SET checkpoint_timeout = '1h'",
    "ALTER SYSTEM SET max_wal_size = '8GB'",
    "SELECT pg_reload_conf()",
)


def laptop() -> Laptop:
    """Return the benchmarks' stack, which has its own folder and ports."""
    folder = Path(os.environ.get("BENCH_DIR") or ROOT / ".local" / "bench").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return Laptop(
        folder=folder,
        engine_port=ENGINE_PORT,
        database_port=DATABASE_PORT,
        workshop_port=WORKSHOP_PORT,
    )


def organization_of(rows: int) -> str:
    """Return the id of the tenant with this many rows."""
    return f"org_{rows}"


def start(place: Laptop, rows: int, tenants: Sequence[int]) -> None:
    """Start the server, and create the data unless it is there already.

    The big tenant has ``rows`` rows; ``tenants`` are the rows of the others. The rows
    of a tenant lie scattered among those of others.
    """
    start_empty(place)
    # A superuser sees the rows of all tenants.
    with psycopg.connect(place.url_of("postgres"), autocommit=True) as db:
        wanted = {ORGANIZATION: rows} | {organization_of(n): n for n in tenants}
        if sizes(db, list(wanted)) != wanted or _is_contiguous(db):
            _fill(db, rows, tenants)


def start_empty(place: Laptop) -> None:
    """Start the server with the schemas, and create no data."""
    Postgres(place).start()
    with psycopg.connect(place.url_of("postgres", "postgres"), autocommit=True) as db:
        for statement in TUNING:
            db.execute(statement)
    with psycopg.connect(place.url_of("postgres"), autocommit=True) as db:
        _create_ledger(db)
        db.execute(setup_statements(LEDGER_TABLES))

    def owner() -> psycopg.Connection:
        return psycopg.connect(place.owner_database_url)

    migrate(owner)
    views.apply(owner, DATASETS)


def make_scratch(place: Laptop, name: str) -> None:
    """Make a database with the schemas and the sample's views, and no rows."""
    quoted = sql.Identifier(name)
    with psycopg.connect(
        place.url_of("postgres", "postgres"), autocommit=True
    ) as admin:
        admin.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(quoted))
        admin.execute(sql.SQL("CREATE DATABASE {}").format(quoted))

    def owner() -> psycopg.Connection:
        return psycopg.connect(place.url_of(OWNER_ROLE, name))

    own_database.prepare(
        lambda: psycopg.connect(place.url_of("postgres", name), autocommit=True),
        owner,
        owner_password=place.passwords[OWNER_ROLE],
        app_password=place.passwords[APP_ROLE],
    )
    migrate(owner)
    views.apply(owner, driver.DATASETS)


def sizes(db: psycopg.Connection, organizations: Sequence[str]) -> dict[str, int]:
    """Return how many invoices each of these organisations has, if any."""
    found = db.execute(
        "SELECT organization_id, count(*) FROM sample.invoices"
        " WHERE organization_id = ANY(%s) GROUP BY 1",
        [organizations],
    ).fetchall()
    return dict(found)


def make_contiguous(place: Laptop) -> None:
    """Rewrite the invoices so that a tenant's rows lie together, in their order.

    PostgreSQL then reads them by the index, where it sorts scattered ones.
    """
    with psycopg.connect(place.url_of("postgres"), autocommit=True) as db:
        db.execute("CLUSTER sample.invoices USING invoices_export_idx")
        db.execute("VACUUM (FREEZE, ANALYZE) sample.invoices")
        db.execute("CHECKPOINT")


def _is_contiguous(db: psycopg.Connection) -> bool:
    clustered = (
        "SELECT FROM pg_index WHERE indisclustered AND indexrelid = %s::regclass"
    )
    return db.execute(clustered, ["sample.invoices_export_idx"]).rowcount > 0


def _create_ledger(db: psycopg.Connection) -> None:
    if db.execute("SELECT FROM pg_namespace WHERE nspname = 'billing'").rowcount:
        return
    with db.transaction():
        db.execute("CREATE SCHEMA billing")
        db.execute(SCHEMA.read_bytes())


def stop(place: Laptop) -> None:
    """Stop the server; the data stays for the next time."""
    Postgres(place).stop()


def forget_runs(place: Laptop) -> None:
    """Delete all runs with their pages and deliveries."""
    with psycopg.connect(place.url_of("postgres")) as db:
        db.execute("TRUNCATE invoice_export.exports CASCADE")


def _fill(db: psycopg.Connection, rows: int, tenants: Sequence[int]) -> None:
    with db.transaction():
        db.execute("SET LOCAL session_replication_role = replica")
        db.execute("TRUNCATE sample.organizations, sample.users CASCADE")
        db.execute("DROP INDEX sample.invoices_export_idx")
        run_file(db, "data.sql", {"rows": rows, "user": USER})
        db.execute(
            "CREATE INDEX invoices_export_idx"
            " ON sample.invoices (organization_id, created_at, id)"
        )
        for size in tenants:
            tenant = {"tenant": organization_of(size), "rows": size, "user": USER}
            run_file(db, "tenant.sql", tenant)
    db.execute("VACUUM (FREEZE, ANALYZE)")
    db.execute("CHECKPOINT")


def run_file(db: psycopg.Connection, file: str, params: dict[str, object]) -> None:
    """Run the statements of a file in this folder."""
    for statement in (Path(__file__).parent / file).read_bytes().split(b";\n"):
        if statement.strip():
            db.execute(statement, params)
