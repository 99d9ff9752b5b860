"""The database that a stack creates, from empty to its first export."""

from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path

import psycopg
import pytest

from invoice_export.adapters import own_database
from invoice_export.settings import OwnerSettings
from invoice_export.wiring.schema import prepare_database
from tests.fix_servers import server, url_for
from tests.unit.test_handlers import call

ADMINISTRATOR = "invoice_export_administrator"


@pytest.fixture(scope="module")
def urls() -> Iterator[dict[str, str]]:
    """An empty database as RDS makes it: its owner, the master, is no superuser."""
    with server(18) as url:
        with psycopg.connect(f"{url}/postgres", autocommit=True) as superuser:
            superuser.execute(f"CREATE ROLE {ADMINISTRATOR} LOGIN CREATEROLE CREATEDB")
            superuser.execute("CREATE ROLE rds_iam")
            superuser.execute(f"GRANT rds_iam TO {ADMINISTRATOR} WITH ADMIN OPTION")
        master = url_for(url, ADMINISTRATOR, "postgres")
        with psycopg.connect(master, autocommit=True) as connection:
            connection.execute("CREATE DATABASE invoice_export")
        yield {
            user: url_for(url, user, "invoice_export")
            for user in (ADMINISTRATOR, "invoice_export_owner", "invoice_export_app")
        }


@pytest.fixture
def migrating(urls: dict[str, str], monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ADMINISTRATOR_DATABASE_URL", urls[ADMINISTRATOR])
    monkeypatch.setenv("OWNER_DATABASE_URL", urls["invoice_export_owner"])


def test_empty_database_is_ready_after_a_deployment_and_the_next(
    urls: dict[str, str], migrating: None
) -> None:
    for _ in range(2):
        assert call("migrate_database", {})["migration"]
    with psycopg.connect(urls["invoice_export_owner"]) as owner:
        owner.execute("SELECT set_config('app.org_id', 'mine', true)")
        owner.execute("INSERT INTO organizations (id, name) VALUES ('mine', 'Mine')")
        owner.execute(
            "INSERT INTO invoices"
            " (organization_id, number, customer_name, status, total, currency)"
            " VALUES ('mine', '1', 'Ann', 'sent', 1, 'EUR')"
        )
    with psycopg.connect(urls["invoice_export_app"]) as app:
        app.execute("SELECT invoice_export.act_for('mine')")
        assert app.execute("SELECT customer_name FROM invoices").fetchall() == [
            ("Ann",)
        ]


def test_first_rows_of_the_guide_give_their_person_an_export(
    urls: dict[str, str], migrating: None
) -> None:
    call("migrate_database", {})
    guide = (Path(__file__).parents[2] / "docs" / "deploy.md").read_text()
    section = guide.partition("### The first rows")[2]
    statements = section.partition("```sql")[2].partition("```")[0]
    # As psql runs what is pasted: each by itself, in one session.
    owner_url = urls["invoice_export_owner"]
    with psycopg.connect(owner_url, autocommit=True) as owner:
        for statement in filter(str.strip, statements.split(";")):
            owner.execute(statement.replace("<sub>", "ann"))  # type: ignore[arg-type]
    with psycopg.connect(urls["invoice_export_app"]) as app:
        app.execute("SELECT invoice_export.act_for('org_1')")
        found = app.execute("SELECT customer_name, total FROM invoices").fetchall()
        members = app.execute(
            "SELECT user_id, role FROM invoice_export.members"
            " WHERE organization_id = 'org_1'"
        ).fetchall()
    assert found == [("Bob", Decimal("9.50"))]
    assert members == [("ann", "owner")]


def test_functions_sign_in_by_iam(urls: dict[str, str]) -> None:
    def connect(user: str) -> psycopg.Connection:
        return psycopg.connect(urls[user])

    own_database.prepare(
        lambda: connect(ADMINISTRATOR),
        lambda: connect("invoice_export_owner"),
        rds_iam=True,
    )
    with connect(ADMINISTRATOR) as administrator:
        members = administrator.execute(
            "SELECT member::regrole::text FROM pg_auth_members"
            " WHERE roleid = 'rds_iam'::regrole AND NOT admin_option ORDER BY 1"
        ).fetchall()
    assert members == [("invoice_export_app",), ("invoice_export_owner",)]


def test_iam_of_the_functions_is_that_of_the_database(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    prepared: list[object] = []
    monkeypatch.setattr(
        own_database, "prepare", lambda *_, rds_iam: prepared.append(rds_iam)
    )
    for administrator in ("", "postgresql://invoice_export_administrator@db/x"):
        for iam in (False, True):
            prepare_database(
                OwnerSettings(
                    owner_database_url="postgresql://invoice_export_owner@db/x",
                    administrator_database_url=administrator,
                    database_iam_auth=iam,
                )
            )
    # A given database, without an administrator, is left as it is.
    assert prepared == [False, True]
