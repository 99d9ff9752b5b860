"""A real PostgreSQL for the session and a migrated, seeded database for each test."""

import itertools
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import quote

import psycopg
import pytest
from psycopg import sql

from invoice_export import datasets
from invoice_export.adapters import views
from invoice_export.adapters.migrations import migrate
from local import seed
from local.config import APP_ROLE, OWNER_ROLE, Laptop
from local.postgres import SETTINGS, Postgres
from tests.laptops import laptop_in

TEMPLATE = "invoice_export"
NUMBERS = itertools.count()
OF_TESTS = """
# Tests crash the server, never the machine, so fsync protects nothing.
fsync = off
# The default 4,096 rounds add 2 ms to each of ten thousand connections.
scram_iterations = 1
unix_socket_directories = '{folder}'
"""


@dataclass(frozen=True)
class TestDatabase:
    """A database of the cluster, with a URL for each of its two roles."""

    __test__ = False

    name: str
    owner_url: str
    app_url: str


@contextmanager
def started_cluster() -> Iterator[Laptop]:
    """Run PostgreSQL with a migrated and seeded template."""
    with tempfile.TemporaryDirectory(prefix="invoice-export-test-") as folder:
        # If the tests run as root, PostgreSQL runs as nobody and must enter the folder.
        Path(folder).chmod(0o755)
        laptop = laptop_in(Path(folder))
        postgres = Postgres(laptop, SETTINGS + OF_TESTS.format(folder=_sockets(laptop)))
        postgres.start()
        try:
            migrate(lambda: psycopg.connect(laptop.owner_database_url))
            views.apply(
                lambda: psycopg.connect(laptop.owner_database_url), datasets.load()
            )
            with psycopg.connect(laptop.owner_database_url) as owner:
                seed.seed(owner)
            yield laptop
        finally:
            postgres.stop()


def _sockets(laptop: Laptop) -> Path:
    return laptop.folder / "postgres"


def socket_urls(cluster: Laptop, database: str) -> tuple[str, str]:
    """Return the worker's and the administrator's URL over the Unix socket.

    A statement takes less processor time there than over TCP.
    """
    host = quote(str(_sockets(cluster)), safe="")
    place = f"{host}:{cluster.database_port}/{database}"
    app, admin = (cluster.passwords[role] for role in (APP_ROLE, "postgres"))
    return (
        f"postgresql://{APP_ROLE}:{app}@{place}",
        f"postgresql://postgres:{admin}@{place}",
    )


@pytest.fixture(scope="session")
def cluster() -> Iterator[Laptop]:
    with started_cluster() as laptop:
        yield laptop


def copy_template(admin: psycopg.Connection, name: str) -> None:
    """Creates a database with the schema and the sample data."""
    admin.execute(
        sql.SQL("CREATE DATABASE {} TEMPLATE {}").format(
            sql.Identifier(name), sql.Identifier(TEMPLATE)
        )
    )


@pytest.fixture
def database(cluster: Laptop) -> Iterator[TestDatabase]:
    """A copy of the template, for one test."""
    name = f"test_{next(NUMBERS)}"
    with psycopg.connect(
        cluster.url_of("postgres", "postgres"), autocommit=True
    ) as admin:
        copy_template(admin, name)
        yield TestDatabase(
            name=name,
            owner_url=cluster.url_of(OWNER_ROLE, name),
            app_url=cluster.url_of(APP_ROLE, name),
        )
        admin.execute(
            sql.SQL("DROP DATABASE {} WITH (FORCE)").format(sql.Identifier(name))
        )
