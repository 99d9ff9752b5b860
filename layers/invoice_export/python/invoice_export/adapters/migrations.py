"""Applies the SQL migrations: forward only, each of them once.

A migration is a file, ``NNNN_name.sql``, sent as psql would send it. Pending ones share
a transaction. ``NNNN_name.outside.sql`` is for what PostgreSQL refuses to run in one,
such as ``CREATE INDEX CONCURRENTLY``: every paragraph is one statement. An interrupted
file runs again from its first statement, so write it to be repeated: drop the index if
it exists, then create it.
"""

import re
import time
from collections.abc import Callable, Iterable
from contextlib import nullcontext
from itertools import groupby
from pathlib import Path

from psycopg import Connection
from psycopg.rows import scalar_row

MIGRATIONS = Path(__file__).parent.parent / "sql" / "migrations"

# Any constant that all releases share: the session that holds it migrates.
LOCK = 7_246_301
SECONDS_BETWEEN_TRIES = 0.2


def migrate(connect: Callable[[], Connection], folder: Path = MIGRATIONS) -> str:
    """Bring the schema up to this release; return the newest migration that it has.

    Two deployments at once apply each migration once. When one fails, its transaction
    leaves nothing behind. A schema that a newer release has made stays as it is.
    """
    shipped = {path.name: path for path in folder.glob("*.sql")}
    with connect() as connection:
        connection.autocommit = True
        # Names are those of our schema, whatever the role's own setting is.
        connection.execute("SET search_path = invoice_export, pg_temp")
        _take_lock(connection)
        applied = _applied(connection)
        if applied - shipped.keys():
            # A deployment that rolls back calls the older release.
            return max(applied)
        _apply(connection, [shipped[name] for name in sorted(shipped.keys() - applied)])
    return max(shipped)


def _take_lock(connection: Connection) -> None:
    """Wait until no other session migrates; the lock ends with the connection.

    By asking again and again: ``CREATE INDEX CONCURRENTLY`` waits for all statements
    that are running, so a statement that waits for its session would deadlock.
    """
    with connection.cursor(row_factory=scalar_row) as cursor:
        while not cursor.execute("SELECT pg_try_advisory_lock(%s)", [LOCK]).fetchone():
            time.sleep(SECONDS_BETWEEN_TRIES)


def _applied(connection: Connection) -> set[str]:
    connection.execute(
        "CREATE TABLE IF NOT EXISTS invoice_export.migrations ("
        " file text CONSTRAINT migrations_pkey PRIMARY KEY,"
        " applied_at timestamptz NOT NULL DEFAULT clock_timestamp())"
    )
    with connection.cursor(row_factory=scalar_row) as cursor:
        return set(cursor.execute("SELECT file FROM invoice_export.migrations"))


def _apply(connection: Connection, pending: Iterable[Path]) -> None:
    for outside, files in groupby(pending, _runs_outside_a_transaction):
        with nullcontext() if outside else connection.transaction():
            for file in files:
                for statement in _statements(file):
                    connection.execute(statement)
                connection.execute(
                    "INSERT INTO invoice_export.migrations (file) VALUES (%s)",
                    [file.name],
                )


def _runs_outside_a_transaction(file: Path) -> bool:
    return file.name.endswith(".outside.sql")


def _statements(file: Path) -> list[bytes]:
    """Several in one message would share a transaction."""
    script = file.read_bytes()
    outside = _runs_outside_a_transaction(file)
    return re.split(rb"\n\s*\n", script) if outside else [script]
