"""Describes a query: its columns, their types and the tables that they come from."""

from collections.abc import Iterable
from dataclasses import dataclass

from psycopg.sql import Identifier

from tools.fit.columns import Base, Index, Output, Table
from tools.fit.plans import Plan, Scan
from tools.fit.session import Session, verbatim


@dataclass(frozen=True)
class Facts:
    """What the catalogue says about a table of a plan.

    ``hides_rows``: row-level security may keep rows from the role that reads.
    """

    table: Table
    rows: int
    is_ours: bool
    hides_rows: bool


class Catalogue:
    """Asks the database's catalogue."""

    def __init__(self, session: Session) -> None:
        self._session = session
        self._tables: dict[int, Table] = {}

    def outputs(self, query: str) -> list[Output]:
        """Return the query's columns. Raises NotAnsweredError."""
        described = self._session.description(query)
        types = {
            row["oid"]: row
            for row in self._session.ask("types", oids=[each[1] for each in described])
        }
        return [
            Output(
                name=name,
                type=types[type_oid]["name"],
                is_text=types[type_oid]["category"] == "S",
                base=self._base(table, column) if table else None,
            )
            for name, type_oid, table, column in described
        ]

    def _base(self, oid: int, number: int) -> Base | None:
        """Return a table's column, also where a view of the application shows it."""
        (relation,) = self._session.ask("relation", oid=oid)
        if relation["definition"]:
            inside = self._session.description(
                relation["definition"].rstrip().rstrip(";")
            )
            _, _, table, place = inside[number - 1]
            return self._base(table, place) if table else None
        for column in self._session.ask("base_columns", oid=oid):
            if column["number"] == number:
                return Base(self._table(oid), column["name"])
        return None

    def facts(self, scan: Scan) -> Facts:
        """Return what is known about a table of a plan."""
        return self._facts(Identifier(scan.schema, scan.table).as_string())

    def _facts(self, name: str) -> Facts:
        (row,) = self._session.ask("table_facts", name=name)
        return Facts(
            table=self._table(row["oid"]),
            rows=row["rows"],
            is_ours=row["is_ours"],
            hides_rows=row["hides_rows"],
        )

    def tables(self, plan: Plan, outputs: Iterable[Output] = ()) -> list[Facts]:
        """Return the tables of a plan and of a query's columns, each of them once.

        A table whose rows are all hidden is in no plan.
        """
        found = [self.facts(scan) for scan in plan.scans]
        found += [self._facts(each.base.table.name) for each in outputs if each.base]
        return list({facts.table.oid: facts for facts in found}.values())

    def collation(self, query: str, column: str) -> tuple[str, bool]:
        """Return the collation of a text, and whether it is deterministic."""
        ((name, is_deterministic),) = self._session.rows(
            "collation", column=Identifier(column), query=verbatim(query)
        )
        return name, is_deterministic

    def changing_triggers(self, base: Base) -> list[str]:
        """Return the triggers that set a column when its row is updated."""
        found = self._session.ask(
            "changing_triggers", oid=base.table.oid, column=base.name.strip('"')
        )
        return [row["tgname"] for row in found]

    def app_may_read(self, table: Table) -> bool:
        """Whether the functions' role reads the table itself; no before set-up."""
        may: bool = self._session.value("app_may_read", table=table.oid)
        return may

    def _table(self, oid: int) -> Table:
        if oid not in self._tables:
            self._tables[oid] = self._read_table(oid)
        return self._tables[oid]

    def _read_table(self, oid: int) -> Table:
        (relation,) = self._session.ask("relation", oid=oid)
        indexes = (
            Index(
                name=row["name"],
                columns=tuple(row["columns"]),
                is_unique=row["is_unique"],
            )
            for row in self._session.ask("indexes", oid=oid)
        )
        return Table(oid, relation["name"], relation["kind"] == "p", tuple(indexes))
