"""Prepares a database of our own before its first migration.

An administrator prepares one that is given. Ours holds the sample application, because
the datasets that the product ships with read its tables.
"""

from collections.abc import Callable
from pathlib import Path

from psycopg import Connection

from invoice_export.adapters.database_setup import setup_statements

SCRIPTS = Path(__file__).parent.parent / "sql" / "sample"


def prepare(
    administrator: Callable[[], Connection],
    owner: Callable[[], Connection],
    *,
    owner_password: str | None = None,
    app_password: str | None = None,
    rds_iam: bool = False,
) -> None:
    """Run the set-up and make the sample's tables; running it again changes nothing.

    ``administrator`` connects as a role that may create roles and schemas.
    """
    setup = setup_statements(
        (),
        owner_password=owner_password,
        app_password=app_password,
        rds_iam=rds_iam,
    )
    with administrator() as connection, connection.transaction():
        connection.execute(setup)
        connection.execute(_script("schema"))
    # Only now can the owner sign in.
    with owner() as connection, connection.transaction():
        connection.execute(_script("tables"))


def _script(name: str) -> bytes:
    return (SCRIPTS / f"{name}.sql").read_bytes()
