"""SQL from files: named statements, several to a file, with shared parts filled in.

``sql/queries/runs.sql`` holds the statements ``runs.get``, ``runs.lock`` and so on,
each after a line ``-- name: get``. Braces stand for the columns of a row, or for parts
that the caller passes; a literal brace is doubled.
"""

import re
from functools import cache
from pathlib import Path
from string import Formatter
from typing import LiteralString, Protocol

from psycopg.sql import SQL, Composable

QUERIES = Path(__file__).parents[1] / "sql" / "queries"
NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


class Parts(Protocol):
    """What the braces of statements stand for, by name."""

    def __getitem__(self, name: str, /) -> Composable: ...


def drawers() -> list[str]:
    """Return the names of the SQL files."""
    return sorted(file.stem for file in QUERIES.glob("*.sql"))


@cache
def drawer(name: str) -> dict[str, LiteralString]:
    """Return the statements of ``sql/queries/<name>.sql`` by name, as written."""
    file = QUERIES / f"{name}.sql"
    _, *parts = NAME.split(file.read_text("utf-8"))
    return dict(zip(parts[::2], parts[1::2], strict=True))


def raw(statement: str) -> LiteralString:
    """Return the text of ``drawer.name`` as written. Raises ``KeyError``."""
    file, _, name = statement.partition(".")
    return drawer(file)[name]


@cache
def shared() -> Parts:
    """Return the parts that several statements share."""
    known_name = SQL(raw("directory.known_name"))
    return {
        "known_name": known_name,
        "run": SQL(raw("runs.run_columns")),
        "status": SQL(raw("statuses.status_columns")).format(known_name=known_name),
        "shown_email": SQL(raw("statuses.shown_email")),
        "named_email": SQL(raw("emails.named_email")),
        "page_columns": SQL(raw("pages.page_columns")),
        "active_suppression": SQL(raw("suppressions.active_suppression")),
    }


@cache
def compose(statement: str) -> LiteralString:
    """Return a statement with its shared parts."""
    return compose_with(statement, shared())


def compose_with(statement: str, parts: Parts) -> LiteralString:
    """Return a statement with these parts in its braces."""
    wanted = {name: parts[name].as_string() for name in _braces(statement)}
    return raw(statement).format(**wanted)


@cache
def _braces(statement: str) -> frozenset[str]:
    return frozenset(
        name for _, name, _, _ in Formatter().parse(raw(statement)) if name
    )
