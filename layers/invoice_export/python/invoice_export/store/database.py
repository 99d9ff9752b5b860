"""One connection per worker, and transactions that belong to one organisation."""

from collections.abc import Iterator
from contextlib import contextmanager
from time import sleep
from typing import Any, LiteralString, TypeVar

import psycopg
from msgspec import convert
from psycopg import Connection, pq
from psycopg.rows import RowFactory, dict_row, kwargs_row, tuple_row

from invoice_export.domain.dataset import Datasets
from invoice_export.errors import (
    DatabaseUnavailableError,
    MissingRowError,
    UnsafeRoleError,
)
from invoice_export.records import Record
from invoice_export.store.connection import Connect, assert_safe_role
from invoice_export.store.statements import Parts, compose, compose_with, raw

# Errors about the server, not the statement: it went away, is starting or stopping, or
# chose this transaction to give way to another.
UNAVAILABLE = (psycopg.OperationalError, psycopg.InterfaceError)

# Rows held at a time: few enough to stay in the processor's cache, which halves what
# the client spends on a row.
COPY_CHUNK_ROWS = 200

# PostgreSQL sends about half a thousand rows meanwhile, which a socket's buffer holds.
NAP_SECONDS = 0.0005


class Row(Record):
    """Base of all rows; a statement may return more columns than the model has."""


R = TypeVar("R", bound=Row)


class Transaction:
    """Runs statements by name, with bound parameters; rows come back as models."""

    def __init__(self, connection: Connection, datasets: Datasets) -> None:
        self._connection = connection
        self.datasets = datasets

    def one(
        self, model: type[R], statement: str, parts: Parts | None = None, **params: Any
    ) -> R:
        """Return the statement's row. Raises :class:`MissingRowError` without one."""
        row = self.one_or_none(model, statement, parts, **params)
        if row is None:
            raise MissingRowError(f"{statement} returned no row")
        return row

    def one_or_none(
        self, model: type[R], statement: str, parts: Parts | None = None, **params: Any
    ) -> R | None:
        """Return the statement's row, or None."""
        with self._connection.cursor(row_factory=_rows_of(model)) as cursor:
            return cursor.execute(_text(statement, parts), params).fetchone()

    def all(self, model: type[R], statement: str, **params: Any) -> list[R]:
        """Return every row."""
        with self._connection.cursor(row_factory=_rows_of(model)) as cursor:
            return cursor.execute(_text(statement), params).fetchall()

    def value(self, statement: str, parts: Parts | None = None, **params: Any) -> Any:
        """Return the first column of the row, or None without a row."""
        with self._connection.cursor(row_factory=tuple_row) as cursor:
            row = cursor.execute(_text(statement, parts), params).fetchone()
        return row[0] if row else None

    def execute(self, statement: str, **params: Any) -> int:
        """Run a statement and return how many rows it touched."""
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(_text(statement), params).rowcount

    def quoted(self, statement: str, parts: Parts | None = None, **params: Any) -> str:
        """Return the statement's text with its parameters quoted into it."""
        cursor = psycopg.ClientCursor(self._connection)
        return cursor.mogrify(_text(statement, parts), params)

    def copy_out(
        self, statement: str, parts: Parts | None = None, **params: Any
    ) -> Iterator[list[memoryview]]:
        """Stream ``COPY … TO STDOUT`` as lists of rows, each ending in a line feed.

        One CopyData message is one row. libpq hands it over unchanged, so a row becomes
        no Python object but its bytes. Reading through ``pgconn`` is a tenth faster
        than psycopg's own iterator.
        """
        # COPY takes no parameters on the wire.
        text = self.quoted(statement, parts, **params)
        connection = self._connection.pgconn
        _expect(connection.exec_(text.encode()), pq.ExecStatus.COPY_OUT)
        rows: list[memoryview] = []
        read = connection.get_copy_data
        size, data = read(0)
        while size > 0:
            rows.append(data)
            if len(rows) == COPY_CHUNK_ROWS:
                yield rows
                rows = []
            size, data = read(1)
            if not size:
                size, data = _read_later(connection)
        if rows:
            yield rows
        while (result := connection.get_result()) is not None:
            _expect(result, pq.ExecStatus.COMMAND_OK)


def _rows_of(model: type[R]) -> RowFactory[R]:
    return kwargs_row(lambda **columns: convert(columns, model))


def _text(statement: str, parts: Parts | None = None) -> LiteralString:
    return compose(statement) if parts is None else compose_with(statement, parts)


def _read_later(connection: pq.abc.PGconn) -> tuple[int, memoryview]:
    """Return the next row of a COPY, or its end; rows gather in the meantime.

    PostgreSQL sends 8 KiB at a time. A reader that waits for each is woken for fifty
    rows, and that costs both sides a fifth of what they spend on a row.
    """
    while True:
        connection.consume_input()
        size, data = connection.get_copy_data(1)
        if size:
            return size, data
        sleep(NAP_SECONDS)


def _expect(result: pq.abc.PGresult, status: pq.ExecStatus) -> None:
    if result.status != status:
        raise psycopg.errors.error_from_result(result)


class Database:
    """A worker's connection, opened at first use and again after a loss.

    ``datasets`` is what this deployment exports.
    """

    def __init__(self, connect: Connect, datasets: Datasets) -> None:
        self.datasets = datasets
        self._connect = connect
        self._connection: Connection | None = None

    @contextmanager
    def tenant(
        self, organization_id: str, *, snapshot: bool = False
    ) -> Iterator[Transaction]:
        """Open a transaction that sees and writes one organisation's rows.

        With ``snapshot`` all its statements see the same moment. Raises
        :class:`DatabaseUnavailableError` if the server is away or gives up this
        transaction; nothing of it is then kept.
        """
        with self._transaction(
            "session.act_for_organization", snapshot, org_id=organization_id
        ) as tx:
            yield tx

    @contextmanager
    def system(self) -> Iterator[Transaction]:
        """Open a transaction of no organisation: it sees no tenant's rows."""
        with self._transaction("session.act_for_nobody", snapshot=False) as tx:
            yield tx

    def second_connection(self) -> "Database":
        """Return the same database over another connection; the caller closes it."""
        return Database(self._connect, self.datasets)

    def close(self) -> None:
        """Close the connection; the next transaction opens another."""
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    @contextmanager
    def _transaction(
        self, first: str, snapshot: bool, **params: Any
    ) -> Iterator[Transaction]:
        try:
            connection = self._begin(first, snapshot, **params)
            try:
                yield Transaction(connection, self.datasets)
            except BaseException:
                if not connection.closed:
                    _rollback(connection)
                raise
            connection.execute("COMMIT")
        except UNAVAILABLE as exc:
            self.close()
            raise DatabaseUnavailableError(_what_it_said(exc)) from exc

    def _begin(self, first: str, snapshot: bool, **params: Any) -> Connection:
        """Begin; connect again if the kept connection died since its last use."""
        begin: LiteralString = (
            "BEGIN ISOLATION LEVEL REPEATABLE READ" if snapshot else "BEGIN"
        )
        if self._connection is not None:
            try:
                self._connection.execute(begin)
                self._connection.execute(raw(first), params)
            except UNAVAILABLE:
                self.close()
            else:
                return self._connection
        self._connection = self._connect()
        try:
            assert_safe_role(self._connection)
        except UnsafeRoleError:
            self.close()
            raise
        self._connection.execute(begin)
        self._connection.execute(raw(first), params)
        return self._connection


def _what_it_said(error: psycopg.Error) -> str:
    """Return the error's name and the server's sentence, such as that its disk is full.

    A sentence about the server, unlike one about a statement, quotes no row.
    """
    sentence = error.diag.message_primary or " ".join(str(error).split())
    return f"{type(error).__name__}: {sentence}"


def _rollback(connection: Connection) -> None:
    """Roll back; a connection that cannot is closed, which does the same."""
    try:
        if connection.pgconn.transaction_status == pq.TransactionStatus.ACTIVE:
            # In the middle of a COPY: the rest of it is not worth reading.
            connection.close()
        else:
            connection.execute("ROLLBACK")
    except UNAVAILABLE:
        connection.close()
