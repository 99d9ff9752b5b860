"""A read-only transaction that asks a database and leaves nothing behind."""

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from functools import cache
from pathlib import Path
from typing import Any, LiteralString, cast

import psycopg
from psycopg import Connection
from psycopg.rows import dict_row, tuple_row
from psycopg.sql import SQL, Composable, Composed, Identifier

from invoice_export.store.statements import NAME
from tools.fit.plans import Plan, read_plan

QUERIES = Path(__file__).with_name("queries.sql")
TIMEOUT = "10s"


class NotAnsweredError(Exception):
    """The database refuses a statement, or gives it up; the text says why."""

    def __init__(self, exc: psycopg.Error) -> None:
        super().__init__(exc.diag.message_primary or str(exc))
        self.gave_up = isinstance(
            exc, psycopg.errors.QueryCanceled | psycopg.errors.LockNotAvailable
        )
        self.forbidden = isinstance(exc, psycopg.errors.InsufficientPrivilege)
        self.undefined_table = isinstance(exc, psycopg.errors.UndefinedTable)


class Session:
    """Runs statements; one that fails leaves the transaction usable."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection

    def ask(self, name: str, /, **params: Any) -> list[dict[str, Any]]:
        """Return the rows of a statement of ``queries.sql``."""
        with self._connection.cursor(row_factory=dict_row) as cursor:
            return cursor.execute(_queries()[name], params).fetchall()

    def value(self, name: str, /, **params: Any) -> Any:
        """Return the only value of a statement of ``queries.sql``."""
        (row,) = self.ask(name, **params)
        (value,) = row.values()
        return value

    def rows(self, name: str, /, **parts: Composable) -> list[tuple[Any, ...]]:
        """Return the rows of a statement with these parts. Raises NotAnsweredError."""
        with self._guarded(), self._connection.cursor(row_factory=tuple_row) as cursor:
            # Without parameters, a percent sign of a query is one.
            return cursor.execute(compose(name, **parts)).fetchall()

    def description(self, query: str) -> list[tuple[str, int, int, int]]:
        """Return name, type, base table and its column for each column of a query.

        Table and column are 0 for an expression. Raises NotAnsweredError.
        """
        with self._guarded(), self._connection.cursor() as cursor:
            cursor.execute(compose("no_rows", query=verbatim(query)))
            result = cursor.pgresult
            if result is None:
                return []
            return [
                (
                    (result.fname(at) or b"").decode(),
                    result.ftype(at),
                    result.ftable(at),
                    result.ftablecol(at),
                )
                for at in range(result.nfields)
            ]

    def plan(self, statement: str, params: Mapping[str, Any] | None = None) -> Plan:
        """Return the plan of a statement, without running it.

        Raises NotAnsweredError.
        """
        text = verbatim(f"EXPLAIN (VERBOSE, FORMAT JSON) {statement}")
        # The values stand in the text: they are what the planner estimates with.
        with self._guarded(), psycopg.ClientCursor(self._connection) as cursor:
            row = cursor.execute(text, params).fetchone()
        return read_plan(row[0][0]["Plan"] if row else {})

    @contextmanager
    def as_role(self, role: str) -> Iterator[None]:
        """Act as another role until the block ends."""
        with self._connection.transaction(force_rollback=True):
            self.become(role)
            yield

    @contextmanager
    def in_order(self) -> Iterator[None]:
        """Plan as the exports do until the block ends."""
        with self._connection.transaction(force_rollback=True):
            self.ask("read_in_order")
            yield

    def become(self, role: str) -> None:
        self._connection.execute(SQL("SET LOCAL ROLE {}").format(Identifier(role)))

    @contextmanager
    def _guarded(self) -> Iterator[None]:
        try:
            with self._connection.transaction():
                yield
        except psycopg.OperationalError as exc:
            if self._connection.closed:
                raise
            raise NotAnsweredError(exc) from exc
        except psycopg.Error as exc:
            raise NotAnsweredError(exc) from exc


@contextmanager
def reading(connect: Callable[[], Connection]) -> Iterator[Session]:
    """Open a read-only transaction and roll it back at the end."""
    with connect() as connection:
        connection.execute("BEGIN READ ONLY")
        try:
            session = Session(connection)
            session.ask("begin", statement_timeout=TIMEOUT)
            yield session
        finally:
            if not connection.closed:
                connection.execute("ROLLBACK")


@cache
def _queries() -> dict[str, LiteralString]:
    _, *parts = NAME.split(QUERIES.read_text("utf-8"))
    texts = cast("list[LiteralString]", parts[1::2])
    return dict(zip(parts[::2], texts, strict=True))


def compose(name: str, /, **parts: Composable) -> Composed:
    """Return a statement of ``queries.sql`` with these parts in its braces."""
    return SQL(_queries()[name]).format(**parts)


def verbatim(text: str) -> SQL:
    """Return SQL of a dataset's file, or of the catalogue."""
    return SQL(text)
