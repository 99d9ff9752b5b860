"""Reads the chains of a database, as any role that may see the audit log."""

from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import LiteralString, cast

from psycopg import Connection
from psycopg.rows import class_row, dict_row

from invoice_export.domain.audit_chain import ChainedRecord
from invoice_export.domain.chain_heads import Head
from invoice_export.store.connection import Connect
from invoice_export.store.statements import NAME

ROWS_AT_A_TIME = 2_000


class Chains:
    """One moment of the database: all statements see the same records."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def heads(self) -> dict[str, Head]:
        """Return what the lanes say is the newest record of each organisation."""
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return {
                row["organization_id"]: Head(row["seq"], row["hash"])
                for row in cursor.execute(statement("heads"))
            }

    def records(self, organization_id: str) -> Iterator[ChainedRecord]:
        """Return the organisation's records in the order of their places."""
        # Row-level security shows one organisation at a time.
        self._connection.execute(
            "SELECT set_config('app.org_id', %s, true)", [organization_id]
        )
        with self._connection.cursor(
            "audit_records", row_factory=class_row(ChainedRecord)
        ) as cursor:
            cursor.itersize = ROWS_AT_A_TIME
            yield from cursor.execute(
                statement("records"), {"organization_id": organization_id}
            )


@contextmanager
def reading(connect: Connect) -> Iterator[Chains]:
    """Read at one moment, and change nothing."""
    with connect() as connection:
        connection.execute("BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY")
        yield Chains(connection)
        connection.execute("ROLLBACK")


@cache
def statement(name: str) -> LiteralString:
    """Return a statement of ``queries.sql``."""
    text = Path(__file__).with_name("queries.sql").read_text("utf-8")
    _, *parts = NAME.split(text)
    return cast("LiteralString", dict(zip(parts[::2], parts[1::2], strict=True))[name])
