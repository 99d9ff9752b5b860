"""Laptop stacks of the tests' own, and servers of somebody else's."""

import socket
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from urllib.parse import quote

import psycopg
from psycopg import sql

from local.config import APP_ROLE, DATABASE, LOOPBACK, OWNER_ROLE, SYSTEM_ROLE, Laptop
from local.postgres import Postgres

OUR_ROLES = (OWNER_ROLE, APP_ROLE, SYSTEM_ROLE)
BOSS_PASSWORD = "p@ss/w:rd %?&#'"


def laptop_in(folder: Path) -> Laptop:
    """Return a stack that lives in ``folder`` and listens on free ports."""
    with ExitStack() as probes:
        # Open at the same time, so that they differ.
        sockets = [probes.enter_context(socket.socket()) for _ in range(4)]
        for probe in sockets:
            probe.bind((LOOPBACK, 0))
        engine, database, workshop, page = (p.getsockname()[1] for p in sockets)
    return Laptop(
        folder=folder,
        engine_port=engine,
        database_port=database,
        workshop_port=workshop,
        cors_origin=f"http://localhost:{page}",
    )


@contextmanager
def foreign_server(folder: Path) -> Iterator[Laptop]:
    """Run a server that knows nothing of us; boss administers it, as no superuser."""
    # If the tests run as root, PostgreSQL runs as nobody and must enter the folder.
    folder.chmod(0o755)
    server = laptop_in(folder)
    postgres = Postgres(server)
    postgres.start()
    try:
        with as_superuser(server) as connection:
            connection.execute(f"DROP DATABASE {DATABASE}")
            for role in OUR_ROLES:
                connection.execute(f"DROP ROLE {role}")
            connection.execute(
                sql.SQL(
                    "CREATE ROLE boss LOGIN CREATEROLE CREATEDB PASSWORD {}"
                ).format(sql.Literal(BOSS_PASSWORD))
            )
        yield server
    finally:
        postgres.stop()


def as_superuser(server: Laptop, database: str = "postgres") -> psycopg.Connection:
    return psycopg.connect(server.url_of("postgres", database), autocommit=True)


def url_of_boss(server: Laptop, database: str) -> str:
    password = quote(BOSS_PASSWORD, safe="")
    return f"postgresql://boss:{password}@{LOOPBACK}:{server.database_port}/{database}"
