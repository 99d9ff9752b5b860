"""The sample data: always the same, and other rows left alone."""

from types import SimpleNamespace

import psycopg
import pytest

from local import seed
from local.tenancy import act_for, connect_as_owner

COUNTS = {"org_acme": 240, "org_globex": 210, "org_initech": 200, "org_empty": 0}


@pytest.fixture
def owner(database):
    with psycopg.connect(database.owner_url) as connection:
        yield connection


def tenant_rows(connection, organization, query):
    with connection.transaction():
        act_for(connection.cursor(), organization)
        return connection.execute(query).fetchall()


def everything(connection):
    """All sample rows, without the times of their insertion."""
    return [
        tenant_rows(connection, organization, query)
        for organization in COUNTS
        for query in (
            (
                "SELECT id, number, customer_name, status, total, currency, created_at,"
                " due_at FROM invoices ORDER BY id"
            ),
            "SELECT user_id, role FROM members ORDER BY user_id",
            "SELECT id, status, row_count, page_starts, last_key FROM exports",
            "SELECT id, action, subject, actor, payload FROM audit_logs ORDER BY id",
            "SELECT run_id, page, row_count FROM export_pages ORDER BY page",
        )
    ]


def test_organisations_have_their_invoices(owner):
    for organization, count in COUNTS.items():
        found = tenant_rows(owner, organization, "SELECT count(*) FROM invoices")
        assert found == [(count,)]


def test_roles_are_as_documented(owner):
    members = tenant_rows(owner, "org_acme", "SELECT user_id, role FROM members")
    assert sorted(members) == [
        ("user_alice", "owner"),
        ("user_bob", "admin"),
        ("user_carol", "member"),
    ]


def test_seeding_again_changes_nothing(owner):
    before = everything(owner)
    seed.seed(owner)
    assert everything(owner) == before


def test_seeding_again_restores_changed_rows_and_leaves_others_alone(owner):
    before = everything(owner)
    for change in (
        "UPDATE invoices SET total = 0 WHERE number = 'INV-00007'",
        "DELETE FROM invoices WHERE number = 'INV-00009'",
        "UPDATE members SET role = 'viewer' WHERE user_id = 'user_alice'",
        (
            "INSERT INTO exports (organization_id, requested_by, dataset, fingerprint)"
            " VALUES ('org_acme', 'user_alice', 'invoices', '')"
        ),
    ):
        with owner.transaction():
            act_for(owner.cursor(), "org_acme")
            owner.execute(change)
    seed.seed(owner)
    own = "DELETE FROM exports WHERE requested_by = 'user_alice' RETURNING status"
    assert tenant_rows(owner, "org_acme", own) == [("queued",)]
    assert everything(owner) == before


def test_reset_leaves_only_the_sample_data(owner):
    before = everything(owner)
    with owner.transaction():
        act_for(owner.cursor(), "org_new")
        owner.execute("INSERT INTO organizations (id, name) VALUES ('org_new', 'New')")
    seed.reset(owner)
    assert tenant_rows(owner, "org_new", "SELECT * FROM organizations") == []
    assert everything(owner) == before


def test_finished_export_agrees_with_its_pages(owner):
    (run,) = tenant_rows(
        owner,
        "org_acme",
        "SELECT status, row_count, byte_count, pages_done, rows_done FROM exports",
    )
    pages = tenant_rows(
        owner,
        "org_acme",
        "SELECT count(*), sum(row_count), sum(byte_count) FROM export_pages",
    )
    assert run[0] == "completed"
    assert pages == [(run[3], run[1], run[2])]
    actions = tenant_rows(owner, "org_acme", "SELECT action, actor FROM audit_logs")
    assert sorted(actions) == [
        ("export.invoices.completed", None),
        ("export.invoices.requested", "user_bob"),
    ]


def test_sample_is_written_whatever_the_database_s_encoding_for_clients(database):
    with psycopg.connect(database.owner_url, autocommit=True) as owner:
        owner.execute(
            f"ALTER ROLE CURRENT_USER IN DATABASE {database.name}"
            " SET client_encoding = LATIN1"
        )
    laptop = SimpleNamespace(owner_database_url=database.owner_url, database_port=0)
    with connect_as_owner(laptop) as connection:
        seed.reset(connection)
        names = tenant_rows(
            connection, "org_acme", "SELECT DISTINCT customer_name FROM invoices"
        )
    assert any(not name.isascii() for (name,) in names)
