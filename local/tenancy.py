"""Connections of the schema's owner, who acts for one organisation at a time."""

from pathlib import Path

import psycopg

from local.config import Laptop
from local.errors import LaptopError


def connect_as_owner(laptop: Laptop) -> psycopg.Connection:
    """Row-level security binds the owner too: see ``act_for``."""
    try:
        return psycopg.connect(laptop.owner_database_url, connect_timeout=5)
    except psycopg.OperationalError as exc:
        raise LaptopError(
            f"The database on port {laptop.database_port} is down: run `make up`."
        ) from exc


def act_for(cursor: psycopg.Cursor, organization_id: str) -> None:
    """Until the transaction ends, see and write this organisation's rows."""
    cursor.execute("SELECT set_config('app.org_id', %s, true)", [organization_id])


def statement(name: str) -> bytes:
    """The SQL of ``local/sql/<name>.sql``."""
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_bytes()
