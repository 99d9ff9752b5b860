"""Migrations run once each, all or none, on an empty or a populated database."""

import re
import shutil
import subprocess
import time
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path

import psycopg
import pytest
from psycopg import errors, sql

from invoice_export.adapters.database_setup import setup_statements
from invoice_export.adapters.migrations import MIGRATIONS, migrate
from local.config import OWNER_ROLE, Laptop
from local.postgres import binaries
from tests.fix_postgres import NUMBERS, TestDatabase

SCRIPTS = sorted(MIGRATIONS.glob("*.sql"))
DEADLINE_SECONDS = 20

# Rows for the first migration's tables, so that later migrations meet data.
ROWS = """
INSERT INTO lanes (organization_id) VALUES ('org_acme');
INSERT INTO exports (organization_id, requested_by, dataset, fingerprint)
  VALUES ('org_acme', 'user_alice', 'invoices', 'x');
INSERT INTO export_pages
    (run_id, page, organization_id, generation, row_count, byte_count, etag, sha256,
     crc32, content_crc32, content_bytes)
  SELECT id, 1, 'org_acme', 1, 1, 99, 'etag', 'sha256', 1, 1, 99 FROM exports;
INSERT INTO audit_logs (organization_id, action, created_at)
  SELECT 'org_acme', 'export.invoices.requested', date '2026-01-01' + n
  FROM generate_series(1, 3) n;
"""


@contextmanager
def set_up_database(cluster: Laptop) -> Iterator[str]:
    """Yield the owner's URL of a database that is set up and has no migration yet."""
    name = f"empty_{next(NUMBERS)}"
    quoted = sql.Identifier(name)
    with psycopg.connect(
        cluster.url_of("postgres", "postgres"), autocommit=True
    ) as admin:
        admin.execute(sql.SQL("CREATE DATABASE {}").format(quoted))
        with psycopg.connect(cluster.url_of("postgres", name)) as connection:
            connection.execute(setup_statements(()))
        yield cluster.url_of(OWNER_ROLE, name)
        admin.execute(sql.SQL("DROP DATABASE {} WITH (FORCE)").format(quoted))


@pytest.fixture
def empty(cluster: Laptop) -> Iterator[str]:
    with set_up_database(cluster) as url:
        yield url


@pytest.fixture
def another(cluster: Laptop) -> Iterator[str]:
    with set_up_database(cluster) as url:
        yield url


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The folder for a test's own migrations."""
    return tmp_path


def apply(url: str, folder: Path = MIGRATIONS) -> str:
    return migrate(lambda: psycopg.connect(url), folder)


def rows(url: str, query: str) -> list[tuple[object, ...]]:
    with psycopg.connect(url) as owner:
        return owner.execute(query).fetchall()


def applied(url: str) -> list[str]:
    found = rows(url, "SELECT file FROM migrations ORDER BY applied_at")
    return [str(file) for (file,) in found]


def tables(url: str) -> set[str]:
    found = rows(
        url,
        "SELECT relname FROM pg_class WHERE relkind = 'r'"
        " AND relnamespace = 'invoice_export'::regnamespace",
    )
    return {str(name) for (name,) in found}


def is_valid(url: str, index: str) -> bool:
    found = rows(
        url, f"SELECT indisvalid FROM pg_index WHERE indexrelid = '{index}'::regclass"
    )
    return found == [(True,)]


def schema(url: str) -> str:
    """Return the schema as statements, without any rows."""
    dump = [
        *(binaries() / "pg_dump", "--schema-only", "--restrict-key=none"),
        *("--schema=invoice_export", url),
    ]
    done = subprocess.run(dump, capture_output=True, text=True, check=False, timeout=60)
    assert done.returncode == 0, done.stderr
    return done.stdout


def wait_until_true(url: str, query: str) -> None:
    deadline = time.monotonic() + DEADLINE_SECONDS
    with psycopg.connect(url, autocommit=True) as watcher:
        while watcher.execute(query).fetchone() != (True,):
            assert time.monotonic() < deadline, f"still false at the deadline: {query}"
            time.sleep(0.02)


def test_every_migration_has_a_name_and_a_number_of_its_own() -> None:
    for script in SCRIPTS:
        assert re.fullmatch(r"\d{4}_[a-z_]+(\.outside)?\.sql", script.name)
    assert len({script.name[:4] for script in SCRIPTS}) == len(SCRIPTS)


def test_empty_database_gets_every_migration(empty: str) -> None:
    assert apply(empty) == SCRIPTS[-1].name
    assert applied(empty) == [script.name for script in SCRIPTS]


def test_database_that_is_up_to_date_stays_as_it_is(database: TestDatabase) -> None:
    before = schema(database.owner_url), applied(database.owner_url)
    assert apply(database.owner_url) == SCRIPTS[-1].name
    assert (schema(database.owner_url), applied(database.owner_url)) == before


def test_schema_is_the_sum_of_the_migrations_over_a_populated_database(
    another: str, empty: str, folder: Path
) -> None:
    apply(another)
    for script in SCRIPTS:
        shutil.copy(script, folder)
        assert apply(empty, folder) == script.name
        if script is SCRIPTS[0]:
            with psycopg.connect(empty) as owner:
                owner.execute(ROWS)
    assert schema(empty) == schema(another)


def test_failing_migration_leaves_nothing_behind(empty: str, folder: Path) -> None:
    (folder / "0001_a.sql").write_text("CREATE TABLE a ();")
    (folder / "0002_b.sql").write_text("CREATE TABLE b (); BROKEN;")
    with pytest.raises(errors.SyntaxError):
        apply(empty, folder)
    assert applied(empty) == []
    assert not tables(empty) & {"a", "b"}


def test_older_release_leaves_a_newer_schema_alone(empty: str, folder: Path) -> None:
    (folder / "0001_a.sql").write_text("CREATE TABLE a ();")
    (folder / "0002_b.sql").write_text("CREATE TABLE b ();")
    assert apply(empty, folder) == "0002_b.sql"
    (folder / "0002_b.sql").unlink()
    (folder / "0001_c.sql").write_text("CREATE TABLE c ();")
    assert apply(empty, folder) == "0002_b.sql"
    assert "c" not in tables(empty)


def test_script_runs_as_psql_would_run_it(empty: str, folder: Path) -> None:
    (folder / "0001_functions.sql").write_text(
        "CREATE FUNCTION one() RETURNS int LANGUAGE sql\n"
        "BEGIN ATOMIC\n  SELECT 1 AS loop;\n\n  SELECT 1 AS end;\nEND;\n"
        'DO $body$ BEGIN CREATE TABLE "100%; $1" (); END $body$;'
    )
    apply(empty, folder)
    assert "100%; $1" in tables(empty)


def test_statements_that_need_no_transaction_run_outside_of_one(
    empty: str, folder: Path
) -> None:
    (folder / "0001_a.sql").write_text("CREATE TABLE a (x int);")
    (folder / "0002_index.outside.sql").write_text(
        "-- Writers go on meanwhile.\n\n"
        "DROP INDEX CONCURRENTLY IF EXISTS a_x_idx;\n \n"
        "CREATE INDEX CONCURRENTLY a_x_idx ON a (x);\n"
    )
    (folder / "0003_b.sql").write_text("CREATE TABLE b ();")
    assert apply(empty, folder) == "0003_b.sql"
    assert is_valid(empty, "a_x_idx")


def test_interrupted_statements_outside_a_transaction_are_repeated(
    empty: str, folder: Path
) -> None:
    (folder / "0001_a.sql").write_text(
        "CREATE TABLE a AS SELECT 1 AS x FROM generate_series(1, 2);"
    )
    (folder / "0002_index.outside.sql").write_text(
        "DROP INDEX CONCURRENTLY IF EXISTS a_key;\n\n"
        "CREATE UNIQUE INDEX CONCURRENTLY a_key ON a (x);\n"
    )
    with pytest.raises(errors.UniqueViolation):
        apply(empty, folder)
    assert applied(empty) == ["0001_a.sql"]
    with psycopg.connect(empty) as owner:
        owner.execute("TRUNCATE a")
    apply(empty, folder)
    assert applied(empty) == ["0001_a.sql", "0002_index.outside.sql"]
    assert is_valid(empty, "a_key")


def test_two_deployments_at_once_apply_each_migration_once(
    empty: str, folder: Path
) -> None:
    (folder / "0001_a.sql").write_text("CREATE TABLE a (x int);")
    (folder / "0002_index.outside.sql").write_text(
        "SELECT pg_advisory_lock(1);\n\nCREATE INDEX CONCURRENTLY a_x_idx ON a (x);\n"
    )
    with ThreadPoolExecutor(2) as pool, psycopg.connect(empty, autocommit=True) as gate:
        gate.execute("SELECT pg_advisory_lock(1)")
        first = pool.submit(apply, empty, folder)
        wait_until_true(
            empty,
            "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname ="
            " current_database() AND wait_event = 'advisory'",
        )
        second = pool.submit(apply, empty, folder)
        wait_until_true(
            empty,
            "SELECT count(*) = 1 FROM pg_stat_activity WHERE datname ="
            " current_database() AND query LIKE 'SELECT pg%advisory_lock($1)%'",
        )
        gate.execute("SELECT pg_advisory_unlock(1)")
        for run in (first, second):
            assert run.result(DEADLINE_SECONDS) == "0002_index.outside.sql"
    assert applied(empty) == ["0001_a.sql", "0002_index.outside.sql"]


def test_every_foreign_key_has_an_index_that_deleting_walks(
    database: TestDatabase,
) -> None:
    without = rows(
        database.owner_url,
        "SELECT conname FROM pg_constraint k WHERE contype = 'f'"
        " AND connamespace = 'invoice_export'::regnamespace AND NOT EXISTS ("
        "   SELECT FROM pg_index i WHERE i.indrelid = k.conrelid"
        "   AND i.indkey[0] = k.conkey[1] AND i.indpred IS NULL)",
    )
    assert without == []
