"""The database as the schema's owner sees it: one organisation at a time."""

from pathlib import Path
from typing import Any

import psycopg

from local.config import Laptop
from local.errors import LaptopError


def connect_as_owner(laptop: Laptop) -> psycopg.Connection:
    """Connect; row-level security applies to the owner too: see ``act_for``."""
    try:
        return psycopg.connect(
            laptop.owner_database_url,
            connect_timeout=5,
            # A database may have another default, which cannot hold every name.
            client_encoding="utf8",
        )
    except psycopg.OperationalError as exc:
        place = laptop.given.place if laptop.given else f"port {laptop.database_port}"
        raise LaptopError(f"No database answers at {place}: run `make up`.") from exc


def act_for(cursor: psycopg.Cursor[Any], organization_id: str) -> None:
    """See and write this organisation's rows until the transaction ends."""
    cursor.execute("SELECT set_config('app.org_id', %s, true)", [organization_id])


def statement(name: str) -> bytes:
    """Return the SQL of ``local/sql/<name>.sql``."""
    return (Path(__file__).parent / "sql" / f"{name}.sql").read_bytes()
