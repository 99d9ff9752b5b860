"""The directory over somebody else's tables: ids of any type, roles, names."""

from collections.abc import Iterator
from contextlib import contextmanager

import psycopg
import pytest

from invoice_export.adapters import views
from invoice_export.domain.dataset import Datasets, Directory
from tests.driver import DATASETS
from tests.fix_postgres import TestDatabase

# Per type: two ids, and other texts that the type reads as the first of them.
IDS = {
    "bigint": ("7", "8", ["007", "+7", " 7", "7.0"]),
    "uuid": (
        "0197f3a0-0000-7000-8000-00000000000a",
        "0197f3a0-0000-7000-8000-00000000000b",
        [
            "0197F3A0-0000-7000-8000-00000000000A",
            "{0197f3a0-0000-7000-8000-00000000000a}",
            "0197f3a0000070008000000000000 00a",
            "0197f3a000007000800000000000000a",
        ],
    ),
    "text": ("Seven", "eight", ["seven", "Seven ", "SEVEN"]),
    "varchar(40)": ("Seven", "eight", ["seven", "Seven "]),
}
DIRECTORY = Directory(
    organizations="SELECT id, title AS name FROM sample.teams",
    users="SELECT id, nick AS name, mail AS email FROM sample.people",
    members="SELECT team AS organization_id, person AS user_id, role FROM sample.seats",
)


def deploy(database: TestDatabase, type_: str, seats: str = "") -> None:
    """Two teams and two people, whose ids are alike; only the first has a seat."""
    first, second, _ = IDS[type_]
    seats = seats or type_
    with psycopg.connect(database.owner_url) as owner:
        owner.execute(
            f"CREATE TABLE sample.teams (id {type_} PRIMARY KEY, title text);"
            "CREATE TABLE sample.people"
            f" (id {type_} PRIMARY KEY, nick text, mail text);"
            f"CREATE TABLE sample.seats (team {seats}, person {seats}, role text);"
            f"INSERT INTO sample.teams VALUES ('{first}', 'One'), ('{second}', NULL);"
            f"INSERT INTO sample.people VALUES ('{first}', 'Ann', 'ann@one.example'),"
            f" ('{second}', NULL, NULL);"
            f"INSERT INTO sample.seats VALUES ('{first}', '{first}', 'member');"
            "GRANT SELECT ON sample.teams, sample.people, sample.seats"
            " TO invoice_export_system"
        )
    views.apply(
        lambda: psycopg.connect(database.owner_url),
        Datasets(DATASETS.all, DIRECTORY),
    )


def change(database: TestDatabase, statement: str) -> None:
    with psycopg.connect(database.owner_url) as owner:
        owner.execute(statement)


@contextmanager
def acting(database: TestDatabase, organization: str) -> Iterator[psycopg.Connection]:
    with psycopg.connect(database.app_url) as app:
        app.execute("SELECT invoice_export.act_for(%s)", [organization])
        yield app


def member(database: TestDatabase, organization: str, user: str) -> list[object]:
    with acting(database, organization) as app:
        return list(app.execute("SELECT * FROM find_member(%s)", [user]))


@pytest.mark.parametrize("type_", IDS)
def test_ids_of_any_type_find_their_own(database: TestDatabase, type_: str) -> None:
    deploy(database, type_)
    first, second, _ = IDS[type_]
    assert member(database, first, first) == [
        ("member", "Ann", "ann@one.example", "One")
    ]
    assert member(database, first, second) == []
    assert member(database, second, first) == []
    with acting(database, first) as app:
        for view, row in {
            "organizations": (first, "One"),
            "members": (first, first, "member"),
            "users": (first, "Ann", "ann@one.example"),
        }.items():
            assert app.execute(f"SELECT * FROM {view}").fetchall() == [row]
        memberships = "SELECT * FROM system_memberships(%s)"
        assert app.execute(memberships, [first]).fetchall() == [
            ("Ann", first, "One", "member")
        ]
        # A user of no organisation, without a name and an address, goes by the id.
        assert app.execute(memberships, [second]).fetchall() == [
            (second, None, None, None)
        ]


@pytest.mark.parametrize(
    ("type_", "other"), [(type_, other) for type_ in IDS for other in IDS[type_][2]]
)
def test_another_spelling_of_an_id_finds_nothing(
    database: TestDatabase, type_: str, other: str
) -> None:
    deploy(database, type_)
    first, *_ = IDS[type_]
    assert member(database, other, first) == []
    assert member(database, first, other) == []
    with acting(database, other) as app:
        for view in ("organizations", "members", "users"):
            assert app.execute(f"SELECT * FROM {view}").fetchall() == []
        memberships = "SELECT * FROM system_memberships(%s)"
        assert app.execute(memberships, [other]).fetchall() == []


def test_ids_of_two_types_are_compared(database: TestDatabase) -> None:
    deploy(database, "bigint", seats="text")
    change(database, "INSERT INTO sample.seats VALUES ('nobody', 'nobody', 'owner')")
    assert member(database, "7", "7") == [("member", "Ann", "ann@one.example", "One")]
    with acting(database, "7") as app:
        assert app.execute("SELECT * FROM users").fetchall() == [
            ("7", "Ann", "ann@one.example")
        ]
        memberships = "SELECT organization_id FROM system_memberships('7')"
        assert app.execute(memberships).fetchall() == [("7",)]


@pytest.mark.parametrize("role", ["'guest'", "'OWNER'", "''", "NULL"])
def test_member_with_an_unknown_role_is_none(database: TestDatabase, role: str) -> None:
    deploy(database, "text")
    change(database, f"UPDATE sample.seats SET role = {role}")
    assert member(database, "Seven", "Seven") == []
    with acting(database, "Seven") as app:
        assert app.execute("SELECT * FROM members").fetchall() == []
        assert app.execute("SELECT * FROM users").fetchall() == []
        memberships = "SELECT role FROM system_memberships('Seven')"
        assert app.execute(memberships).fetchall() == [(None,)]


def test_strongest_of_several_roles_counts(database: TestDatabase) -> None:
    deploy(database, "text")
    change(
        database,
        "INSERT INTO sample.seats VALUES ('Seven', 'Seven', 'admin'),"
        " ('Seven', 'Seven', 'viewer'), ('Seven', 'Seven', 'guest')",
    )
    assert member(database, "Seven", "Seven") == [
        ("admin", "Ann", "ann@one.example", "One")
    ]
    with acting(database, "Seven") as app:
        memberships = "SELECT role FROM system_memberships('Seven')"
        assert app.execute(memberships).fetchall() == [("admin",)]


def test_user_without_a_name_goes_by_the_address(database: TestDatabase) -> None:
    deploy(database, "text")
    change(database, "UPDATE sample.people SET nick = NULL")
    change(database, "UPDATE sample.teams SET title = NULL")
    assert member(database, "Seven", "Seven") == [
        ("member", "ann@one.example", "ann@one.example", "Seven")
    ]
    with acting(database, "Seven") as app:
        assert app.execute("SELECT name FROM users").fetchall() == [
            ("ann@one.example",)
        ]
