"""The schema's guarantees: tenancy, append-only audit log, named statements."""

import os
import socket
from typing import LiteralString
from uuid import RFC_4122

import psycopg
import pytest
from psycopg import errors
from psycopg.rows import dict_row

from invoice_export.errors import DatabaseUnavailableError, UnsafeRoleError
from invoice_export.store import exported_rows
from invoice_export.store.connection import assert_safe_role, connector
from invoice_export.store.database import Database, Transaction
from local import seed
from local.config import Laptop
from tests.driver import DATASETS, asking
from tests.fix_postgres import TestDatabase
from tests.fix_world import World

AT_MOST = 1_000_000
TENANT_TABLES = {
    "lanes",
    "exports",
    "export_pages",
    "execution_starts",
    "email_deliveries",
    "audit_logs",
    "event_outbox",
    "webhook_endpoints",
}
VIEWS = {"organizations", "members", "users", "invoices", "audit_log"}


def app(database: TestDatabase) -> psycopg.Connection[dict[str, object]]:
    return psycopg.connect(database.app_url, autocommit=True, row_factory=dict_row)


def test_row_security_is_enabled_and_forced_everywhere(database: TestDatabase) -> None:
    with app(database) as connection:
        found = connection.execute(
            "SELECT relname, relrowsecurity AND relforcerowsecurity AS bound"
            " FROM pg_class"
            " WHERE relkind = 'r' AND relnamespace = 'invoice_export'::regnamespace"
        ).fetchall()
    bound = {row["relname"] for row in found if row["bound"]}
    others = {"datasets", "migrations", "email_suppressions", "email_soft_bounces"}
    assert bound == TENANT_TABLES
    assert {row["relname"] for row in found} == TENANT_TABLES | others


@pytest.mark.parametrize("table", sorted(TENANT_TABLES | VIEWS))
def test_without_an_organisation_nothing_is_seen(
    database: TestDatabase, table: str
) -> None:
    with app(database) as connection:
        assert connection.execute(f"SELECT * FROM {table}").fetchall() == []


def test_one_organisation_does_not_see_another(world: World) -> None:
    with world.db.tenant("org_acme") as tx:
        assert exported_rows.count(tx, asking(), AT_MOST) == 240
    with world.db.tenant("org_nobody") as tx:
        assert exported_rows.count(tx, asking(), AT_MOST) == 0


def test_the_organisation_is_forgotten_with_the_transaction(world: World) -> None:
    with world.db.tenant("org_acme"):
        pass
    with world.db.system() as tx:
        assert exported_rows.count(tx, asking(), AT_MOST) == 0


@pytest.mark.parametrize(
    "statement",
    [
        "DELETE FROM audit_logs",
        "UPDATE audit_logs SET action = 'x'",
        "DELETE FROM exports",
        "SELECT * FROM sample.invoices",
        "SELECT * FROM sample.users",
        "SELECT * FROM sample.organizations",
        "SELECT * FROM sample.members",
        "UPDATE datasets SET fingerprint = 'x'",
        "DELETE FROM lanes",
        "SELECT forget_organization('org_acme')",
        "SET ROLE invoice_export_system",
        "SET ROLE invoice_export_owner",
        "SET SESSION AUTHORIZATION invoice_export_owner",
        "GRANT invoice_export_owner TO invoice_export_app",
        "GRANT invoice_export_system TO invoice_export_app",
        "ALTER ROLE invoice_export_owner PASSWORD 'mine'",
        "TRUNCATE audit_logs",
        "CREATE TABLE mine (id int)",
    ],
)
def test_the_applications_role_may_not(database: TestDatabase, statement: str) -> None:
    with app(database) as connection, pytest.raises(errors.InsufficientPrivilege):
        connection.execute(statement)


def test_even_the_owner_does_not_change_the_audit_log(world: World) -> None:
    world.start()
    assert world.audits("requested")
    world.rows("UPDATE audit_logs SET action = 'x'")
    world.rows("DELETE FROM audit_logs")
    assert world.audits("requested")


def test_nobody_writes_into_another_organisation(database: TestDatabase) -> None:
    with app(database) as connection, connection.transaction(force_rollback=True):
        connection.execute("SELECT set_config('app.org_id', 'org_acme', true)")
        with pytest.raises(errors.InsufficientPrivilege, match="row-level security"):
            connection.execute(
                "INSERT INTO audit_logs (organization_id, action)"
                " VALUES ('org_globex', 'x')"
            )


def test_seeding_twice_changes_nothing(world: World, database: TestDatabase) -> None:
    before = {
        org: world.expected(org)
        for org in ("org_acme", "org_globex", "org_initech", "org_empty")
    }
    assert [len(rows) for rows in before.values()] == [240, 210, 200, 0]
    with psycopg.connect(database.owner_url) as owner:
        seed.seed(owner)
    assert {org: world.expected(org) for org in before} == before


def test_a_restarted_database_is_found_again(world: World) -> None:
    with world.db.tenant("org_acme"):
        pass
    world.owner.execute(
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
        " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        " AND usename = current_user"
    )
    assert world.db._connection is not None
    world.db._connection.pgconn.finish()
    with world.db.tenant("org_acme") as tx:
        assert exported_rows.count(tx, asking(), AT_MOST) == 240


def test_a_connection_lost_in_mid_transaction_is_a_transient_error(
    world: World,
) -> None:
    def lose_it() -> None:
        with world.db.tenant("org_acme") as tx:
            assert world.db._connection is not None
            world.db._connection.pgconn.finish()
            exported_rows.count(tx, asking(), AT_MOST)

    with pytest.raises(DatabaseUnavailableError):
        lose_it()


def copying(monkeypatch: pytest.MonkeyPatch, query: str) -> None:
    """Let every COPY be one of this query."""
    text = f"COPY ({query}) TO STDOUT"
    monkeypatch.setattr(Transaction, "quoted", lambda *_, **__: text)


def test_copy_brings_every_row_of_a_server_that_pauses(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    # PostgreSQL sends a row of 8 KiB at once.
    copying(
        monkeypatch,
        "SELECT n || repeat('x', 9000), pg_sleep(CASE WHEN n % 50 = 0 THEN 0.01 END)"
        " FROM generate_series(1, 401) n",
    )
    with world.db.tenant("org_acme") as tx:
        chunks = [
            [bytes(row).split(b"x")[0] for row in rows] for rows in tx.copy_out("any")
        ]
    assert [len(chunk) for chunk in chunks] == [200, 200, 1]
    assert [int(row) for chunk in chunks for row in chunk] == list(range(1, 402))


def test_connection_lost_in_a_copy_is_a_transient_error(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    copying(
        monkeypatch,
        "SELECT repeat('x', 9000), pg_sleep(CASE WHEN n = 300 THEN 1 END)"
        " FROM generate_series(1, 300) n",
    )

    def lose_it() -> None:
        with world.db.tenant("org_acme") as tx:
            rows = tx.copy_out("any")
            next(rows)
            assert world.db._connection is not None
            descriptor = os.dup(world.db._connection.pgconn.socket)
            with socket.socket(fileno=descriptor) as connection:
                connection.shutdown(socket.SHUT_RDWR)
            next(rows)

    with pytest.raises(DatabaseUnavailableError):
        lose_it()


def test_a_database_that_is_away_is_a_transient_error() -> None:
    db = Database(connector("postgresql://x@127.0.0.1:1/x"), DATASETS)
    with pytest.raises(DatabaseUnavailableError), db.tenant("org_acme"):
        pass


@pytest.mark.parametrize(
    ("make", "reason"),
    [
        ("CREATE ROLE suspect SUPERUSER", "is a superuser"),
        ("CREATE ROLE suspect BYPASSRLS", "has BYPASSRLS"),
        (
            (
                "CREATE ROLE suspect; CREATE TABLE public.its ();"
                "ALTER TABLE public.its OWNER TO suspect"
            ),
            "owns tables",
        ),
        (
            "CREATE ROLE suspect IN ROLE invoice_export_system",
            "may become another role of ours",
        ),
        (
            (
                "CREATE ROLE other IN ROLE invoice_export_owner;"
                "CREATE ROLE suspect IN ROLE other"
            ),
            "may become another role of ours",
        ),
    ],
)
def test_role_that_could_read_other_organisations_is_refused(
    cluster: Laptop, database: TestDatabase, make: LiteralString, reason: str
) -> None:
    url = cluster.url_of("postgres", database.name)
    with (
        psycopg.connect(url) as connection,
        # Roles belong to the server, which other tests use.
        connection.transaction(force_rollback=True),
    ):
        connection.execute("CREATE ROLE plain")
        connection.execute("SET LOCAL ROLE plain")
        assert_safe_role(connection)
        connection.execute("RESET ROLE")
        connection.execute(make)
        connection.execute("SET LOCAL ROLE suspect")
        with pytest.raises(UnsafeRoleError, match=f"'suspect' {reason}"):
            assert_safe_role(connection)


def test_only_functions_of_the_system_read_for_the_app(
    database: TestDatabase,
) -> None:
    with app(database) as connection:
        found = connection.execute(
            "SELECT proname, proowner::regrole::text AS owner, proconfig"
            " FROM pg_proc WHERE prosecdef AND has_function_privilege(oid, 'EXECUTE')"
            " AND pronamespace NOT IN ('pg_catalog'::regnamespace,"
            " 'information_schema'::regnamespace)"
        ).fetchall()
    assert {row["proname"] for row in found} >= {"find_member", "system_memberships"}
    for row in found:
        assert row["owner"] == "invoice_export_system", row
        assert row["proconfig"] == ["search_path=pg_catalog, pg_temp"], row


def test_ids_grow_with_time(world: World) -> None:
    ids = []
    for _ in range(20):
        (row,) = world.rows(
            "SELECT new_id() AS id, clock_timestamp() AS at, pg_sleep(0.0001)"
        )
        ids.append(row["id"])
        made_at = (row["id"].int >> 80) / 1000
        assert abs(made_at - row["at"].timestamp()) < 5
        assert (row["id"].version, row["id"].variant) == (7, RFC_4122)
    assert ids == sorted(ids)
    assert len(set(ids)) == len(ids)


OURS = ("lanes", "exports", "export_pages", "execution_starts", "email_deliveries")


def rows_about(world: World, organization: str) -> dict[str, int]:
    return {
        table: world.rows(f"SELECT count(*) AS n FROM {table}", org=organization)[0][
            "n"
        ]
        for table in (*OURS, "audit_logs", "event_outbox")
    }


def test_forgotten_organisation_leaves_nothing(world: World) -> None:
    for org, user in (("org_acme", "user_alice"), ("org_globex", "user_dave")):
        world.run_to_end(world.start(org, user).run.ref)
    other = rows_about(world, "org_globex")
    assert all(rows_about(world, "org_acme").values())
    (row,) = world.rows(
        "SELECT forget_organization('org_acme'),"
        " current_setting('app.org_id') AS current",
        org="org_globex",
    )
    assert row["current"] == "org_globex"
    assert not any(rows_about(world, "org_acme").values())
    assert rows_about(world, "org_globex") == other
    # What the application has is its own matter.
    assert len(world.expected("org_acme")) == 240


def test_sample_forgets_the_runs_of_a_deleted_organisation(world: World) -> None:
    world.run_to_end(world.start().run.ref)
    world.rows("DELETE FROM organizations WHERE id = 'org_acme'")
    assert not any(rows_about(world, "org_acme").values())
