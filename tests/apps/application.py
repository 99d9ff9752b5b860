"""An application's database, made as its own migrations and users make it."""

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from pkgutil import iter_modules
from typing import Any

import psycopg
from psycopg.sql import SQL, Identifier

from invoice_export.datasets import read_directory
from invoice_export.domain.dataset import Datasets

Rows = Iterable[tuple[Any, ...]]


@dataclass(frozen=True)
class Table:
    """A table's columns, by name, and its rows."""

    name: str
    columns: tuple[str, ...]
    rows: Callable[[], Rows]


@dataclass(frozen=True)
class Application:
    """A schema with its rows, its owner, and what is exported of it.

    ``people`` are a member of each organisation who may export every dataset. ``read``
    has a function per dataset that reads an organisation's rows from the tables and
    joins them in Python: values by name of column, in the order of the key.
    """

    schema: str
    folder: Path
    tables: Callable[[], Iterator[Table]]
    datasets: Datasets
    people: Mapping[str, str]
    empty: str
    read: Mapping[str, Callable[[psycopg.Connection[Any], str], list[dict[str, Any]]]]

    @property
    def owner(self) -> str:
        """The application's own role, which has its tables."""
        return f"{self.schema}_owner"

    @property
    def reads(self) -> list[tuple[str, str]]:
        """The schemas and names of the tables."""
        return [(self.schema, table.name) for table in self.tables()]

    def create(self, admin_url: str) -> None:
        """Make the schema and its rows, as the application's owner."""
        with psycopg.connect(admin_url) as admin:
            owner, schema = Identifier(self.owner), Identifier(self.schema)
            # Roles are the cluster's, and another database may have this application.
            if not admin.execute(
                "SELECT FROM pg_roles WHERE rolname = %s", [self.owner]
            ).rowcount:
                admin.execute(SQL("CREATE ROLE {}").format(owner))
            admin.execute(
                SQL("CREATE SCHEMA {} AUTHORIZATION {}").format(schema, owner)
            )
            admin.execute(SQL("SET LOCAL ROLE {}").format(owner))
            migration = (self.folder / "schema.sql").read_text("utf-8")
            admin.execute(migration)
            for table in self.tables():
                self._fill(admin, table)
            admin.execute("RESET ROLE")
            admin.execute("ANALYZE")

    def _fill(self, admin: psycopg.Connection, table: Table) -> None:
        copy = SQL("COPY {} ({}) FROM STDIN").format(
            Identifier(self.schema, table.name),
            SQL(", ").join(map(Identifier, table.columns)),
        )
        with admin.cursor() as cursor, cursor.copy(copy) as target:
            for row in table.rows():
                target.write_row(row)


def datasets_of(package: str, folder: Path) -> Datasets:
    """Return the declarations of a package, as a deployment finds its own."""
    names = sorted(module.name for module in iter_modules([str(folder)]))
    found = [import_module(f"{package}.{name}").DATASET for name in names]
    return Datasets(
        tuple(sorted(found, key=lambda dataset: not dataset.default)),
        read_directory(folder / "directory"),
    )
