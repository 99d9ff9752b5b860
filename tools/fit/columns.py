"""Where the columns of a query come from, and the indexes that serve them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass


@dataclass(frozen=True)
class Index:
    """An index; ``columns`` are its own, None for an expression."""

    name: str
    columns: tuple[str | None, ...]
    is_unique: bool


@dataclass(frozen=True)
class Table:
    """A table under a query. Names are quoted where SQL needs it."""

    oid: int
    name: str
    is_partitioned: bool
    indexes: tuple[Index, ...]


@dataclass(frozen=True)
class Base:
    """A column of a table that a query returns as it is."""

    table: Table
    name: str


@dataclass(frozen=True)
class Output:
    """A column of a query; ``base`` is None for an expression."""

    name: str
    type: str
    is_text: bool
    base: Base | None


def unique_index(organization: Base | None, key: Sequence[Base | None]) -> Index | None:
    """Return an index which proves that no two rows of a table have the same key."""
    first = key[0]
    if first is None:
        return None
    known = {
        base.name
        for base in (organization, *key)
        if base and base.table.oid == first.table.oid
    }
    for index in first.table.indexes:
        if index.is_unique and known.issuperset(index.columns):
            return index
    return None


def serving_index(organization: Base | None, column: Base) -> Index | None:
    """Return an index that finds a value of the column among an organisation's rows."""
    before = set[str]()
    if organization and organization.table.oid == column.table.oid:
        before.add(organization.name)
    for index in column.table.indexes:
        for name in index.columns:
            if name == column.name:
                return index
            if name not in before:
                break
    return None


def create_index(table: Table, columns: Iterable[str]) -> str:
    """Return the statement that makes the missing index without stopping writers."""
    how = "" if table.is_partitioned else " CONCURRENTLY"
    listed = ", ".join(dict.fromkeys(columns))
    return f"CREATE INDEX{how} ON {table.name} ({listed})"
