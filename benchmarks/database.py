"""The benchmarks' own PostgreSQL: a tenant of millions among noise, made once."""

import os
from pathlib import Path

import psycopg

from invoice_export.adapters.migrations import migrate
from local.config import ROOT, Laptop
from local.postgres import Postgres

ORGANIZATION = "org_big"
USER = "user_big"
ENGINE_PORT = 24577
DATABASE_PORT = 24331

# As on a laptop, but for one thing: a checkpoint in the middle would be measured too.
TUNING = (
    "ALTER SYSTEM SET checkpoint_timeout = '1h'",
    "ALTER SYSTEM SET max_wal_size = '8GB'",
    "SELECT pg_reload_conf()",
)


def laptop() -> Laptop:
    """Where it lives: beside the laptop stack, in a folder of its own."""
    folder = Path(os.environ.get("BENCH_DIR") or ROOT / ".local" / "bench").resolve()
    folder.mkdir(parents=True, exist_ok=True)
    return Laptop(folder=folder, engine_port=ENGINE_PORT, database_port=DATABASE_PORT)


def start(place: Laptop, rows: int) -> None:
    """Start it; with other than ``rows`` rows in the tenant, make the data anew."""
    Postgres(place).start()
    with psycopg.connect(place.url_of("postgres", "postgres"), autocommit=True) as db:
        for statement in TUNING:
            db.execute(statement)
    migrate(lambda: psycopg.connect(place.owner_database_url))
    # A superuser here: it sees all tenants and is the "raw" of all comparisons.
    with psycopg.connect(place.url_of("postgres"), autocommit=True) as db:
        present = db.execute(
            "SELECT count(*) FROM invoices WHERE organization_id = %s", [ORGANIZATION]
        ).fetchone()
        if present != (rows,):
            _fill(db, rows)


def stop(place: Laptop) -> None:
    """Stop it; the data stays for the next time."""
    Postgres(place).stop()


def _fill(db: psycopg.Connection, rows: int) -> None:
    statements = (Path(__file__).parent / "data.sql").read_bytes().split(b";\n")
    with db.transaction():
        db.execute("SET LOCAL session_replication_role = replica")
        db.execute(
            "TRUNCATE invoices, exports, export_pages, execution_starts,"
            " email_deliveries, audit_logs, members, users, organizations"
        )
        db.execute("DROP INDEX invoices_export_idx")
        for statement in filter(bytes.strip, statements):
            db.execute(statement, {"rows": rows, "user": USER})
        db.execute(
            "CREATE INDEX invoices_export_idx"
            " ON invoices (organization_id, created_at, id)"
        )
    db.execute("VACUUM (FREEZE, ANALYZE)")
    db.execute("CHECKPOINT")
