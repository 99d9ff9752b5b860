"""The other applications: their queries run, and their keys are served by indexes."""

from dataclasses import dataclass
from typing import Any

import psycopg
import pytest
from psycopg.rows import dict_row, scalar_row
from psycopg.sql import SQL, Composed, Identifier, Literal
from psycopg.types.string import TextLoader

from invoice_export.domain.dataset import Dataset, KeyType
from tests.apps.application import Application
from tests.apps.expecting import guarded
from tests.apps.fix_apps import APPLICATIONS
from tests.apps.ledger.rows import EMPTY, NORTH, SOUTH
from tests.apps.texts import TEXTS
from tests.fix_world import GUARDED

Connection = psycopg.Connection[Any]

# format_type() of a key's column.
TYPES = {
    "timestamp with time zone": KeyType.TIMESTAMPTZ,
    "timestamp without time zone": KeyType.TIMESTAMP,
    "character varying": KeyType.TEXT,
}


@dataclass(frozen=True)
class Exported:
    """A dataset in the database of its application."""

    application: Application
    dataset: Dataset
    connection: Connection

    @property
    def organizations(self) -> list[str]:
        return list(self.application.people)

    def query(self) -> SQL:
        return SQL(self.dataset.query)

    def key(self) -> Composed:
        return SQL(", ").join(Identifier(key.name) for key in self.dataset.key)

    def names(self) -> list[str]:
        """Every column of the query that the declaration names."""
        dataset = self.dataset
        filters = dataset.filters_by_header.values()
        found = [column.name for column in dataset.columns]
        found += [key.name for key in dataset.key]
        found += [each.column for each in filters]
        found += [dataset.cut_off.name] if dataset.cut_off else []
        return list(dict.fromkeys(found))

    def secured_view(self, organization: str) -> None:
        """Make the view that a deployment makes, for this organisation."""
        (of_type,) = self.connection.execute(
            SQL("SELECT pg_typeof({})::text FROM ({}) q LIMIT 1").format(
                Identifier(self.dataset.organization), self.query()
            )
        ).fetchone() or ("",)
        self.connection.execute(
            SQL(
                "CREATE VIEW secured WITH (security_barrier) AS SELECT q.* FROM ({}) q"
                " WHERE q.{} = {}::{} ORDER BY {}"
            ).format(
                self.query(),
                Identifier(self.dataset.organization),
                Literal(organization),
                SQL(of_type),
                self.key(),
            )
        )

    def plan(self, statement: Composed) -> str:
        """Explain a statement, in a database of many organisations.

        With two of them, PostgreSQL may as well walk the primary key and skip the other
        one's rows.
        """
        table = self.dataset.view
        self.connection.execute(
            SQL("ALTER TABLE {} DROP CONSTRAINT {} CASCADE").format(
                Identifier(self.application.schema, table), Identifier(f"{table}_pkey")
            )
        )
        self.connection.execute("SET LOCAL enable_sort = off")
        self.connection.execute("SET LOCAL enable_bitmapscan = off")
        self.connection.execute("SET LOCAL enable_seqscan = off")
        rows = self.connection.execute(SQL("EXPLAIN {}").format(statement)).fetchall()
        return "\n".join(row[0] for row in rows)


EACH = {
    dataset.name: (application, dataset)
    for application in APPLICATIONS
    for dataset in application.datasets.all
}


@pytest.fixture(params=EACH)
def exported(request: pytest.FixtureRequest, app_urls: dict[str, str]) -> Any:
    application, dataset = EACH[request.param]
    with psycopg.connect(app_urls[application.schema]) as connection:
        # As the file holds it.
        connection.adapters.register_loader("jsonb", TextLoader)
        yield Exported(application, dataset, connection)
        connection.rollback()


def test_the_datasets_have_keys_of_every_type() -> None:
    types = {key.type for _, dataset in EACH.values() for key in dataset.key}
    assert types == set(KeyType)


def test_the_application_belongs_to_a_role_of_its_own(
    inside: Connection, application: Application
) -> None:
    owners = inside.execute(
        "SELECT DISTINCT tableowner FROM pg_tables WHERE schemaname = %s",
        [application.schema],
    ).fetchall()
    assert owners == [(f"{application.schema}_owner",)]


def test_the_query_has_each_declared_column_in_its_type(exported: Exported) -> None:
    columns = exported.connection.execute(
        SQL("SELECT * FROM ({}) q LIMIT 0").format(exported.query())
    ).description
    types = {
        column.name: exported.connection.execute(
            "SELECT format_type(%s, NULL)", [column.type_code]
        ).fetchone()[0]  # type: ignore[index]
        for column in columns or ()
    }
    assert types.keys() >= {exported.dataset.organization, *exported.names()}
    for key in exported.dataset.key:
        assert TYPES.get(types[key.name], types[key.name]) == key.type


def test_the_key_is_unique_and_has_ties_to_break(exported: Exported) -> None:
    count = SQL(
        "SELECT count(*) AS rows, count(DISTINCT ({key})) AS keys,"
        " count(DISTINCT {first}) AS firsts, count({first}) AS known"
        " FROM ({query}) q"
    ).format(
        key=exported.key(),
        first=Identifier(exported.dataset.key[0].name),
        query=exported.query(),
    )
    with exported.connection.cursor(row_factory=dict_row) as cursor:
        found = cursor.execute(count).fetchone() or {}
    assert found["rows"] == found["keys"] == found["known"] > 1000
    assert (found["firsts"] < found["rows"]) == (len(exported.dataset.key) > 1)


def test_the_query_gives_what_python_joins(exported: Exported) -> None:
    names, sizes = exported.names(), []
    statement = SQL("SELECT {} FROM ({}) q WHERE q.{}::text = {} ORDER BY {}")
    for organization in exported.organizations:
        rows = exported.connection.execute(
            statement.format(
                SQL(", ").join(map(Identifier, names)),
                exported.query(),
                Identifier(exported.dataset.organization),
                Literal(organization),
                exported.key(),
            )
        ).fetchall()
        read = exported.application.read[exported.dataset.name]
        expected = read(exported.connection, organization)
        assert rows == [tuple(row[name] for name in names) for row in expected]
        sizes.append(len(rows))
    assert min(sizes[:2]) > 300
    assert sizes[2] == 0


def keyset(exported: Exported) -> Composed:
    """The condition that a page begins with, at a key in the middle."""
    middle = exported.connection.execute(
        SQL("SELECT {} FROM secured OFFSET 200 LIMIT 1").format(exported.key())
    ).fetchone()
    bounds = zip(middle or (), exported.dataset.key, strict=True)
    casts = [
        SQL("{}::{}").format(Literal(str(value)), SQL(key.type.value))
        for value, key in bounds
    ]
    return SQL("({}) >= ({})").format(exported.key(), SQL(", ").join(casts))


def test_a_page_walks_the_index_and_computes_only_what_it_needs(
    exported: Exported,
) -> None:
    exported.secured_view(exported.organizations[0])
    hop = SQL("SELECT {key} FROM secured WHERE {condition} ORDER BY {key} LIMIT 1")
    plan = exported.plan(hop.format(key=exported.key(), condition=keyset(exported)))
    walks = [line for line in plan.splitlines() if "Index" in line and "using" in line]
    assert len(walks) == 1, plan
    (condition,) = [line for line in plan.splitlines() if "Index Cond" in line]
    assert exported.dataset.organization in condition
    assert all(key.name in condition for key in exported.dataset.key), plan
    assert "Sort" not in plan
    assert "Filter" not in plan


@pytest.mark.parametrize(
    ("exported", "column", "value"),
    [("payments", "method", "cash"), ("orders", "state", "returned")],
    indirect=["exported"],
    ids=["payments", "orders"],
)
def test_an_index_serves_a_choice(exported: Exported, column: str, value: str) -> None:
    exported.secured_view(exported.organizations[0])
    hop = SQL("SELECT {} FROM secured WHERE {} IN ({}) AND {} LIMIT 1").format(
        exported.key(), Identifier(column), Literal(value), keyset(exported)
    )
    plan = exported.plan(hop)
    (condition,) = [line for line in plan.splitlines() if "Index Cond" in line]
    assert column in condition, plan


def directory(connection: Connection, application: Application, name: str) -> Any:
    query = getattr(application.datasets.directory, name)
    return connection.execute(query).fetchall()


@pytest.mark.parametrize("application", APPLICATIONS[:1], indirect=True)
def test_the_ledger_s_directory_has_active_members_only(
    inside: Connection, application: Application
) -> None:
    organizations = directory(inside, application, "organizations")
    assert {str(row[0]) for row in organizations} == {NORTH, SOUTH, EMPTY}
    members = directory(inside, application, "members")
    assert {row[1:] for row in members if str(row[0]) == NORTH} == {
        (1, "admin"),
        (3, "member"),
    }
    users = directory(inside, application, "users")
    assert users[0] == (1, None, "Nora.North@Example.COM")


@pytest.mark.parametrize("application", APPLICATIONS[1:], indirect=True)
def test_the_shop_s_directory_has_roles_for_known_positions(
    inside: Connection, application: Application
) -> None:
    roles = {row[1:] for row in directory(inside, application, "members")}
    assert roles == {
        *(("p_lena", "owner"), ("p_lena", "viewer"), ("p_sven", "admin")),
        *(("p_emil", "member"), ("p_none", "member"), ("p_sven", None)),
    }
    names = {row[1] for row in directory(inside, application, "users")}
    assert names == {"Lena Large", "Sven", "Emil Empty", "No Address"}


@pytest.mark.parametrize("application", APPLICATIONS[:1], indirect=True)
def test_both_ways_to_write_the_guard_agree(inside: Connection) -> None:
    statement = f"SELECT {GUARDED.format('%s::text')}"
    with inside.cursor(row_factory=scalar_row) as cursor:
        for text in TEXTS:
            by_sql = cursor.execute(statement, [text]).fetchone()  # type: ignore[arg-type]
            assert guarded(text) == by_sql
