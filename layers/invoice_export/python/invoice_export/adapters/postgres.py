"""PostgreSQL: one connection per worker, tenant transactions, SQL from files."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.resources import files
from typing import Any, LiteralString, Protocol, TypeVar

import psycopg
from psycopg import Connection, pq
from psycopg.rows import class_row, dict_row, tuple_row
from pydantic import BaseModel

from invoice_export.adapters.queries import compose, sql
from invoice_export.domain.dataset import Dataset
from invoice_export.errors import DatabaseUnavailableError, PermanentError

Row = TypeVar("Row", bound=BaseModel)
Connect = Callable[[], Connection]

# Failures that say nothing of the statement: the server went away, is starting or
# stopping, or made this transaction give way to another.
UNAVAILABLE = (psycopg.OperationalError, psycopg.InterfaceError)

# Rows that are in hand at a time: few enough to stay in the processor's cache, which
# halves what the client spends on a row.
COPY_CHUNK_ROWS = 200

# Whose certificates RDS and its proxy show; see the README beside it.
ROOTS = files("invoice_export") / "certificates" / "rds.pem"


class UnsafeRoleError(PermanentError):
    """The connection's role could bypass row-level security."""

    code = "UNSAFE_DATABASE_ROLE"


class Passwords(Protocol):
    """Signs the password of a new connection, as RDS IAM authentication wants it."""

    def __call__(self, *, host: str, port: int, user: str) -> str: ...


def connector(url: str, passwords: Passwords | None = None) -> Connect:
    """Return how to connect to ``url``, with a freshly signed password if asked.

    With signed passwords the server's certificate is always verified. No session
    settings and no prepared statements: behind a pooling proxy either
    would pin, or leak into, somebody else's connection.
    """

    def connect() -> Connection:
        options: dict[str, Any] = {}
        if passwords is not None:
            parts = psycopg.conninfo.conninfo_to_dict(url)
            # A token is as good as a password: nobody else may get to read it.
            options |= {"sslmode": "verify-full", "sslrootcert": str(ROOTS)}
            options["password"] = passwords(
                host=str(parts["host"]),
                port=int(parts.get("port") or 5432),
                user=str(parts["user"]),
            )
        return psycopg.connect(
            url,
            autocommit=True,
            prepare_threshold=None,
            connect_timeout=5,
            keepalives_idle=30,
            tcp_user_timeout=20_000,
            application_name="invoice-export",
            **options,
        )

    return connect


class Transaction:
    """Statements by file name, parameters bound, rows as models."""

    def __init__(self, connection: Connection, dataset: Dataset) -> None:
        self._connection = connection
        self.dataset = dataset

    def one(self, model: type[Row], query: str, **params: Any) -> Row | None:
        """Return the only row, or None."""
        with self._connection.cursor(row_factory=class_row(model)) as cursor:
            return cursor.execute(self._text(query), params).fetchone()

    def all(self, model: type[Row], query: str, **params: Any) -> list[Row]:
        """Return every row."""
        with self._connection.cursor(row_factory=class_row(model)) as cursor:
            return cursor.execute(self._text(query), params).fetchall()

    def value(self, query: str, **params: Any) -> Any:
        """Return the first column of the only row, or None without a row."""
        with self._connection.cursor(row_factory=tuple_row) as cursor:
            row = cursor.execute(self._text(query), params).fetchone()
        return row[0] if row else None

    def execute(self, query: str, **params: Any) -> int:
        """Run a statement and return how many rows it touched."""
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(self._text(query), params).rowcount

    def copy_out(self, query: str, **params: Any) -> Iterator[list[memoryview]]:
        """Stream ``COPY … TO STDOUT`` as lists of rows, each with its line feed.

        One CopyData message is one row, which libpq hands over as it came: no row
        becomes a Python object other than its own bytes. Reading through ``pgconn``
        is a tenth faster than psycopg's own iterator.
        """
        # COPY takes no parameters on the wire: psycopg quotes them into the text.
        cursor = psycopg.ClientCursor(self._connection)
        statement = cursor.mogrify(self._text(query), params)
        connection = self._connection.pgconn
        _expect(connection.exec_(statement.encode()), pq.ExecStatus.COPY_OUT)
        rows: list[memoryview] = []
        read = connection.get_copy_data
        while True:
            size, data = read(0)
            if size < 0:
                break
            rows.append(data)
            if len(rows) == COPY_CHUNK_ROWS:
                yield rows
                rows = []
        if rows:
            yield rows
        while (result := connection.get_result()) is not None:
            _expect(result, pq.ExecStatus.COMMAND_OK)

    def _text(self, query: str) -> LiteralString:
        return compose(sql(query), self.dataset)


def _expect(result: pq.abc.PGresult, status: pq.ExecStatus) -> None:
    if result.status != status:
        raise psycopg.errors.error_from_result(result)


class Database:
    """A worker's connection, opened at the first use and after every loss.

    ``dataset`` is what is exported from it.
    """

    def __init__(self, connect: Connect, dataset: Dataset) -> None:
        self.dataset = dataset
        self._connect = connect
        self._connection: Connection | None = None

    @contextmanager
    def tenant(
        self, organization_id: str, *, snapshot: bool = False
    ) -> Iterator[Transaction]:
        """One transaction that sees and writes the rows of one organisation.

        ``snapshot`` lets all its statements see one moment. Raises
        :class:`DatabaseUnavailableError` when the server is away or gives this
        transaction up; nothing of it has then been kept.
        """
        with self._transaction("begin_tenant", snapshot, org_id=organization_id) as tx:
            yield tx

    @contextmanager
    def system(self) -> Iterator[Transaction]:
        """One transaction that belongs to no organisation: it sees no tenant row."""
        with self._transaction("begin_system", snapshot=False) as tx:
            yield tx

    def beside(self) -> "Database":
        """Return the same database over another connection; the caller closes it."""
        return Database(self._connect, self.dataset)

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
                yield Transaction(connection, self.dataset)
            except BaseException:
                if not connection.closed:
                    _rollback(connection)
                raise
            connection.execute("COMMIT")
        except UNAVAILABLE as exc:
            self.close()
            raise DatabaseUnavailableError(type(exc).__name__) from exc

    def _begin(self, first: str, snapshot: bool, **params: Any) -> Connection:
        """Begin, on a new connection if the kept one died since its last use."""
        begin: LiteralString = (
            "BEGIN ISOLATION LEVEL REPEATABLE READ" if snapshot else "BEGIN"
        )
        if self._connection is not None:
            try:
                self._connection.execute(begin)
                self._connection.execute(sql(first), params)
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
        self._connection.execute(sql(first), params)
        return self._connection


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


def assert_safe_role(connection: Connection) -> None:
    """Refuse a role that row-level security does not bind.

    Raises :class:`UnsafeRoleError` for a superuser, a role with BYPASSRLS, and an
    owner of any table.
    """
    with connection.cursor(row_factory=tuple_row) as cursor:
        row = cursor.execute(sql("unsafe_role")).fetchone()
    if row is not None:
        raise UnsafeRoleError(f"database role {row[0]!r} {row[1]}: use a plain role")
