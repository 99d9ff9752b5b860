"""Preparing a given database: what is refused, and what is left alone."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from urllib.parse import quote

import jwt
import psycopg
import pytest
from psycopg import sql
from typer.testing import CliRunner

from local import directory, given_postgres
from local.cli import app
from local.config import APP_ROLE, OWNER_ROLE, Laptop
from local.errors import LaptopError
from local.given import GivenDatabase
from local.given_postgres import GivenPostgres
from local.workshop_tools import NotFoundError, Tools
from tests.laptops import (
    BOSS_PASSWORD,
    OUR_ROLES,
    as_superuser,
    foreign_server,
    laptop_in,
    url_of_boss,
)


@pytest.fixture(scope="module")
def server() -> Iterator[Laptop]:
    with (
        tempfile.TemporaryDirectory(prefix="invoice-export-given-") as folder,
        foreign_server(Path(folder)) as server,
    ):
        yield server


@pytest.fixture
def billing(server: Laptop) -> Iterator[GivenDatabase]:
    """A database that is not boss's, with an application's tables that are."""
    with as_superuser(server) as connection:
        connection.execute("CREATE DATABASE billing")
        connection.execute("GRANT CREATE ON DATABASE billing TO boss")
    url = f"{url_of_boss(server, 'billing')}?application_name=boss%20%26%20co"
    given = GivenDatabase(url)
    with psycopg.connect(given.url) as connection:
        connection.execute(APPLICATION)
    yield given
    with as_superuser(server) as connection:
        connection.execute("DROP DATABASE billing WITH (FORCE)")
        for role in OUR_ROLES:
            connection.execute(f"DROP ROLE IF EXISTS {role}")


@pytest.fixture
def postgres(billing: GivenDatabase, tmp_path: Path) -> GivenPostgres:
    return on(billing.url, tmp_path)


APPLICATION = """
CREATE SCHEMA sample;
CREATE TABLE sample.organizations (id uuid PRIMARY KEY, name text NOT NULL);
CREATE TABLE sample.users (id bigint PRIMARY KEY, name text, email text);
CREATE TABLE sample.members (organization_id uuid, user_id bigint, role text);
CREATE TABLE sample.invoices (
  id uuid PRIMARY KEY, organization_id uuid NOT NULL, number text, customer_name text,
  status text, total numeric, currency text, created_at timestamptz NOT NULL,
  due_at timestamptz, inserted_at timestamptz NOT NULL);
"""


def on(url: str, folder: Path) -> GivenPostgres:
    laptop = laptop_in(folder / "laptop").on(url)
    assert laptop.given is not None
    return GivenPostgres(laptop, laptop.given)


def refusal_of(postgres: GivenPostgres) -> str:
    with pytest.raises(LaptopError) as refusal:
        postgres.start()
    message = str(refusal.value)
    assert "\n" not in message
    assert quote(BOSS_PASSWORD, safe="") not in message
    assert BOSS_PASSWORD not in message
    return message


def test_functions_get_roles_that_can_log_in(postgres: GivenPostgres) -> None:
    postgres.start()
    laptop = postgres._laptop
    for url, role in (
        (laptop.database_url, APP_ROLE),
        (laptop.owner_database_url, OWNER_ROLE),
    ):
        with psycopg.connect(url) as connection:
            found = connection.execute(
                "SELECT current_user, current_database(), application_name"
                " FROM pg_stat_activity WHERE pid = pg_backend_pid()"
            ).fetchone()
        assert found == (role, "billing", "boss & co")
    assert postgres.is_up


def test_starting_again_changes_nothing(postgres: GivenPostgres) -> None:
    postgres.start()
    first = postgres._laptop.database_url
    postgres.start()
    with psycopg.connect(first) as connection:
        assert connection.execute("SELECT current_user").fetchone() == (APP_ROLE,)


def test_nothing_outside_our_schema_changes(
    postgres: GivenPostgres, server: Laptop
) -> None:
    objects = """
        SELECT classid::regclass::text, objid FROM pg_depend
        WHERE refobjid IN (SELECT oid FROM pg_namespace
                           WHERE nspname NOT IN ('invoice_export', 'pg_toast'))
        UNION ALL SELECT 'owner of ' || relname, relowner FROM pg_class
        WHERE relnamespace IN ('sample'::regnamespace, 'public'::regnamespace)
        UNION ALL SELECT 'owner of ' || nspname, nspowner FROM pg_namespace
        WHERE nspname <> 'invoice_export'
        UNION ALL SELECT 'owner of database', datdba FROM pg_database
        WHERE datname = current_database()
        ORDER BY 1, 2"""
    with as_superuser(server, "billing") as connection:
        before = connection.execute(objects).fetchall()
        postgres.start()
        assert connection.execute(objects).fetchall() == before


def test_database_without_an_answer_says_where_it_was_sought(tmp_path: Path) -> None:
    free = laptop_in(tmp_path).database_port
    message = refusal_of(on(f"postgresql://boss:x@127.0.0.1:{free}/billing", tmp_path))
    assert f"127.0.0.1:{free}/billing" in message
    assert "DATABASE_URL" in message


def test_wrong_password_is_reported(billing: GivenDatabase, tmp_path: Path) -> None:
    wrong = billing.url.replace(quote(BOSS_PASSWORD, safe=""), "wrong")
    assert "password authentication failed" in refusal_of(on(wrong, tmp_path))


def test_old_server_is_refused(
    postgres: GivenPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(given_postgres, "OLDEST", 19)
    assert "is PostgreSQL 18; the export needs 19 or later" in refusal_of(postgres)


@pytest.mark.parametrize(
    ("take", "give"),
    [
        ("ALTER ROLE boss NOCREATEROLE", "ALTER ROLE boss CREATEROLE"),
        (
            "REVOKE CREATE ON DATABASE billing FROM boss",
            "GRANT CREATE ON DATABASE billing TO boss",
        ),
    ],
)
def test_role_that_lacks_a_right_is_told_how_to_get_it(
    postgres: GivenPostgres, server: Laptop, take: str, give: str
) -> None:
    with as_superuser(server) as connection:
        connection.execute(take)
        message = refusal_of(postgres)
        assert give in message.replace('"', "")
        connection.execute(give)
    postgres.start()


def test_refused_database_is_not_remembered(
    postgres: GivenPostgres, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(given_postgres, "OLDEST", 19)
    refusal_of(postgres)
    monkeypatch.setenv("LOCAL_DIR", str(postgres._laptop.folder))
    assert Laptop.from_environment().given is None
    monkeypatch.undo()
    postgres.start()
    monkeypatch.setenv("LOCAL_DIR", str(postgres._laptop.folder))
    assert Laptop.from_environment().given == postgres._laptop.given


def test_roles_that_another_database_uses_keep_their_passwords(
    postgres: GivenPostgres, server: Laptop, tmp_path: Path
) -> None:
    postgres.start()
    with as_superuser(server) as connection:
        connection.execute("CREATE DATABASE second")
        connection.execute("GRANT CREATE ON DATABASE second TO boss")
    try:
        second = postgres._given.url.replace("/billing?", "/second?")
        message = refusal_of(on(second, tmp_path / "second"))
        assert "The database billing of the same server" in message
        assert postgres.is_up
    finally:
        with as_superuser(server) as connection:
            connection.execute("DROP DATABASE second")


def test_role_that_the_server_keeps_out_is_reported(
    postgres: GivenPostgres, server: Laptop
) -> None:
    hba = server.folder / "postgres" / "data" / "pg_hba.conf"
    rules = hba.read_text()
    try:
        hba.write_text(f"host all {APP_ROLE} all reject\n{rules}")
        with as_superuser(server) as connection:
            connection.execute("SELECT pg_reload_conf()")
        message = refusal_of(postgres)
        assert APP_ROLE in message
        assert "pg_hba.conf" in message
    finally:
        hba.write_text(rules)
        with as_superuser(server) as connection:
            connection.execute("SELECT pg_reload_conf()")


def test_queries_of_another_application_are_named(
    postgres: GivenPostgres, billing: GivenDatabase
) -> None:
    with psycopg.connect(billing.url) as boss:
        boss.execute("DROP TABLE sample.invoices")
    message = refusal_of(postgres)
    assert '"sample.invoices" does not exist' in message
    assert "docs/adapt.md" in message


def test_table_that_the_administrator_may_not_grant_is_named(
    postgres: GivenPostgres, server: Laptop
) -> None:
    with as_superuser(server, "billing") as connection:
        connection.execute("ALTER TABLE sample.users OWNER TO postgres")
    message = refusal_of(postgres)
    assert "The role boss" in message
    assert "denied for table users" in message
    assert "grant SELECT" in message


PEOPLE = """
INSERT INTO sample.organizations VALUES
  ('22222222-2222-4222-8222-222222222222', 'South'),
  ('11111111-1111-4111-8111-111111111111', 'North');
INSERT INTO sample.users VALUES
  (7, 'Ada', ' Ada@Example.com '), (12, NULL, 'bob@example.com'), (13, 'Cy', NULL);
INSERT INTO sample.members VALUES
  ('22222222-2222-4222-8222-222222222222', 7, 'admin'),
  ('22222222-2222-4222-8222-222222222222', 13, 'viewer'),
  ('11111111-1111-4111-8111-111111111111', 13, 'unknown'),
  ('11111111-1111-4111-8111-111111111111', 12, 'member'),
  ('11111111-1111-4111-8111-111111111111', 7, 'owner');
"""


@pytest.fixture
def laptop(postgres: GivenPostgres, billing: GivenDatabase) -> Laptop:
    with psycopg.connect(billing.url) as boss:
        boss.execute(PEOPLE)
    postgres.start()
    return postgres._laptop


def test_sign_in_offers_the_first_members_of_the_directory(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    people = Tools(laptop).identities()
    assert [
        (one["organizationName"], one["userId"], one["name"]) for one in people
    ] == [
        ("North", "7", "Ada"),
        ("North", "12", "bob@example.com"),
        ("South", "13", "Cy"),
    ]
    assert people[0]["organizationId"] == "11111111-1111-4111-8111-111111111111"
    assert people[0]["role"] == "owner"
    monkeypatch.setattr(directory, "SHOWN", 2)
    assert Tools(laptop).identities() == people[:2]


def test_every_user_of_the_directory_gets_a_token(laptop: Laptop) -> None:
    for user, name in (("7", "Ada"), ("12", "bob@example.com"), ("13", "Cy")):
        token = Tools(laptop).token(user)
        claims = jwt.decode(token, options={"verify_signature": False})
        assert (claims["sub"], claims["name"]) == (user, name)


@pytest.mark.parametrize("nobody", ["8", "user_alice", "07", "' OR true --"])
def test_nobody_else_gets_a_token(laptop: Laptop, nobody: str) -> None:
    with pytest.raises(NotFoundError):
        Tools(laptop).token(nobody)


def test_command_for_a_token_names_users_that_exist(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("LOCAL_DIR", str(laptop.folder))
    monkeypatch.delenv("ENGINE", raising=False)
    done = CliRunner().invoke(app, ["token", "--as", "13"])
    claims = jwt.decode(done.stdout.strip(), options={"verify_signature": False})
    assert claims["sub"] == "13"
    for arguments, wrong in (
        ([], "Name a user."),
        (["--as", "user_alice"], "Your directory has no user 'user_alice'."),
    ):
        done = CliRunner().invoke(app, ["token", *arguments])
        assert done.exit_code == 1
        assert done.stdout == ""
        assert done.stderr.startswith(f"error: {wrong} AS=7 (Ada, owner of North), ")


def test_tools_that_need_the_sample_refuse(laptop: Laptop) -> None:
    tools = Tools(laptop)
    for use in (
        tools.reset,
        lambda: tools.simulate(user_id="7", organization_id="x", state="running"),
    ):
        with pytest.raises(LaptopError, match="is for the sample"):
            use()


def test_removal_takes_ours_and_leaves_the_rest(
    laptop: Laptop,
    billing: GivenDatabase,
    server: Laptop,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setenv("LOCAL_DIR", str(laptop.folder))
    monkeypatch.delenv("ENGINE", raising=False)
    ours = sql.SQL(
        "SELECT (SELECT count(*) FROM pg_roles WHERE rolname LIKE 'invoice_export%'),"
        " to_regnamespace('invoice_export') IS NOT NULL,"
        " (SELECT count(*) FROM sample.users)"
    )
    done = CliRunner().invoke(app, ["clean"])
    assert done.exit_code == 0, done.output
    assert not laptop.folder.exists()
    explained, _, statement = done.stdout.partition("as the administrator:\n")
    assert f"{billing.place} keeps its runs" in explained
    with psycopg.connect(billing.url, autocommit=True) as boss:
        assert boss.execute(ours).fetchone() == (3, True, 3)
        # This way, the server refuses more than one statement.
        done_with = boss.pgconn.exec_params(statement.encode(), [])
        assert done_with.status == psycopg.pq.ExecStatus.COMMAND_OK
        assert boss.execute(ours).fetchone() == (0, False, 3)


def test_directory_may_have_percent_signs_and_end_in_a_comment(
    laptop: Laptop, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    folder = tmp_path / "directory"
    shutil.copytree(directory.DIRECTORY, folder)
    with (folder / "users.sql").open("a") as users:
        users.write("WHERE email LIKE '%@%' -- {all} of %s")
    monkeypatch.setattr(directory, "DIRECTORY", folder)
    assert directory.person(laptop, "7") == {
        "name": "Ada",
        "address": "ada@example.com",
    }
    assert directory.person(laptop, "13") is None
    assert [one["userId"] for one in directory.first_people(laptop)] == ["7", "12"]
