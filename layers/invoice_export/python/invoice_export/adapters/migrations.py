"""Applies the SQL migrations with Alembic: forward only, all of them or none."""

from collections.abc import Callable
from pathlib import Path

import psycopg
from alembic import command, op
from alembic.config import Config
from alembic.runtime.migration import MigrationContext
from alembic.script import ScriptDirectory
from sqlalchemy import create_engine, text
from sqlalchemy.pool import NullPool

MIGRATIONS = Path(__file__).parent.parent / "sql" / "migrations"

# Any constant: whoever migrates holds this lock until the end of its transaction.
MIGRATION_LOCK = 7_246_301


def migrate(connect: Callable[[], psycopg.Connection]) -> str:
    """Bring the schema to the newest revision and return that revision.

    Everything happens in one transaction under an advisory lock, so two deployments
    at once apply each migration once, and a failing one leaves nothing behind. A
    schema that is newer than this release stays as it is.
    """
    engine = create_engine("postgresql+psycopg://", creator=connect, poolclass=NullPool)
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    with engine.begin() as connection:
        connection.execute(
            text("SELECT pg_advisory_xact_lock(:key)"), {"key": MIGRATION_LOCK}
        )
        config.attributes["connection"] = connection
        present = MigrationContext.configure(connection).get_current_revision()
        if present is not None and not _known(config, present):
            # A rollback of the deployment calls the older release: forward only.
            return present
        command.upgrade(config, "head")
        revision = MigrationContext.configure(connection).get_current_revision()
    engine.dispose()
    assert revision is not None, "the migrations folder is empty"  # noqa: S101
    return revision


def _known(config: Config, revision: str) -> bool:
    scripts = ScriptDirectory.from_config(config).walk_revisions()
    return revision in {script.revision for script in scripts}


def sql_beside(script: str) -> Callable[[], None]:
    """Return an upgrade that runs the .sql file named like ``script``."""
    path = Path(script).with_suffix(".sql")

    def upgrade() -> None:
        # psycopg itself, without parameters: one simple query, as psql would send it.
        connection = op.get_bind().connection.driver_connection
        assert connection is not None  # noqa: S101
        connection.execute(path.read_text("utf-8"))

    return upgrade
