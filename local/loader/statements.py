"""The loader's SQL, from one file of named statements."""

import re
from collections.abc import Iterable
from functools import cache
from pathlib import Path

from psycopg.sql import SQL, Composable, Composed, Identifier

NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)
# May surround a number without being a part of it.
BLANKS = " \t\r\n\u00a0\u202f\ufeff"


def statement(name: str, /, **parts: Composable | str | bool | int) -> Composed:
    """Return a statement with its braces filled in. Plain values become literals."""
    return SQL(_drawer()[name]).format(**parts)


def key_of(columns: Iterable[str]) -> Composable:
    """Return the expressions of the key, for GROUP BY."""
    return SQL(", ").join(_compared("", column) for column in columns)


def same_key(columns: Iterable[str], one: str, other: str) -> Composable:
    """Return the condition that two rows have the same key."""
    return SQL(" AND ").join(
        SQL("{} = {}").format(_compared(one, column), _compared(other, column))
        for column in columns
    )


def number() -> Composable:
    """Return the number in the form in which numbers are compared."""
    return _compared("", "number")


def _compared(row: str, column: str) -> Composable:
    name = Identifier(row, column) if row else Identifier(column)
    match column:
        case "number":
            return SQL("btrim({}, {})").format(name, BLANKS)
        case "customer_name":
            return SQL("coalesce({}, '')").format(name)
        case _:
            return name


@cache
def _drawer() -> dict[str, str]:
    text = Path(__file__).with_suffix(".sql").read_text("utf-8")
    _, *parts = NAME.split(text)
    return dict(zip(parts[::2], parts[1::2], strict=True))
