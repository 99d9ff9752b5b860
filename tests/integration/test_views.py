"""The secured views: what a deployment refuses, changes and leaves alone."""

from collections.abc import Iterator
from contextlib import closing, contextmanager
from typing import Any

import psycopg
import pytest
from msgspec.structs import replace
from psycopg import errors, sql

from invoice_export.adapters import views
from invoice_export.contracts.requests import parse
from invoice_export.domain.dataset import (
    Column,
    Dataset,
    Datasets,
    Directory,
    Filter,
    Key,
    KeyType,
    Kind,
    Words,
)
from invoice_export.errors import DatasetError
from invoice_export.store.connection import connector
from invoice_export.store.database import Database
from invoice_export.store.exported_rows import Walk, walk
from invoice_export.store.reading import Parts
from invoice_export.store.statements import compose_with
from tests.driver import DATASETS, INVOICES
from tests.fix_postgres import TestDatabase

AUDIT_LOG = DATASETS.by_name["audit-log"]
PAID = replace(INVOICES, query=f"{INVOICES.query} WHERE status = 'paid'")


def deploy(
    database: TestDatabase,
    *datasets: Dataset,
    directory: Directory = DATASETS.directory,
) -> None:
    """Apply the views; a lock that somebody else holds is an error at once."""
    url = f"{database.owner_url}?options=-c%20lock_timeout%3D100ms"
    views.apply(
        lambda: psycopg.connect(url), Datasets(datasets or DATASETS.all, directory)
    )


def refusal(database: TestDatabase, **changes: Any) -> str:
    with pytest.raises(DatasetError) as refused:
        deploy(database, replace(INVOICES, **changes))
    return str(refused.value)


@contextmanager
def acting(database: TestDatabase, organization: str) -> Iterator[psycopg.Connection]:
    """Open a transaction of the application's role, as every request does."""
    with psycopg.connect(database.app_url) as app:
        app.execute("SELECT invoice_export.act_for(%s)", [organization])
        yield app


@contextmanager
def reading(database: TestDatabase) -> Iterator[None]:
    """Read the dataset as a worker does, and stay in the transaction."""
    with acting(database, "org_acme") as app:
        app.execute("SELECT FROM datasets WHERE name = 'invoices' FOR SHARE")
        assert app.execute("SELECT count(*) FROM invoices").fetchone() == (240,)
        app.execute("SELECT FROM find_member('user_alice'), organizations")
        yield


def count(database: TestDatabase) -> int:
    with acting(database, "org_acme") as app:
        (found,) = app.execute("SELECT count(*) FROM invoices").fetchone() or (0,)
    return int(found)


def recorded(database: TestDatabase) -> dict[str, tuple[str, object]]:
    with psycopg.connect(database.owner_url) as owner:
        rows = owner.execute("SELECT name, fingerprint, applied_at FROM datasets")
        return {name: (fingerprint, at) for name, fingerprint, at in rows.fetchall()}


def run(database: TestDatabase, statements: str) -> None:
    with psycopg.connect(database.owner_url) as owner:
        owner.execute(statements)


def test_query_that_postgresql_refuses_is_named(database: TestDatabase) -> None:
    assert refusal(database, query="SELECT * FROM sample.bills") == (
        "dataset 'invoices': relation \"sample.bills\" does not exist"
    )


def test_declaration_that_the_query_does_not_meet_is_refused(
    database: TestDatabase,
) -> None:
    assert refusal(database, organization="tenant").startswith(
        "dataset 'invoices': the query has no column 'tenant', which tells whose"
    )


def test_unreadable_tables_come_with_the_statement_that_helps(
    database: TestDatabase,
) -> None:
    run(
        database,
        "REVOKE SELECT ON sample.invoices FROM invoice_export_system;"
        "CREATE TABLE sample.notes (invoice uuid, note text);",
    )
    joined = f"{INVOICES.query} LEFT JOIN sample.notes n ON n.invoice = id"
    message = refusal(database, query=joined)
    statement = message.partition("`")[2].partition("`")[0]
    assert message.startswith("dataset 'invoices': let an administrator run `GRANT")
    run(database, statement)
    deploy(database, replace(INVOICES, query=joined))


def test_closed_schema_comes_with_the_command_that_helps(
    database: TestDatabase,
) -> None:
    run(database, "REVOKE USAGE ON SCHEMA sample FROM invoice_export_system")
    assert refusal(database) == (
        "dataset 'invoices': permission denied for schema sample for the role "
        "invoice_export_system: let an administrator run what `make database-setup` "
        "prints"
    )


@pytest.mark.parametrize(
    ("name", "query", "missing"),
    [
        ("organizations", "SELECT id FROM sample.organizations", "name"),
        ("users", "SELECT id, name FROM sample.users", "email"),
        ("members", "SELECT user_id, role FROM sample.members", "organization_id"),
    ],
)
def test_directory_without_a_column_is_refused(
    database: TestDatabase, name: str, query: str, missing: str
) -> None:
    directory = replace(DATASETS.directory, **{name: query})
    with pytest.raises(DatasetError) as refused:
        deploy(database, directory=directory)
    assert str(refused.value) == (
        f"directory/{name}.sql: it has no column {missing!r}: select it"
    )


def test_refused_deployment_changes_nothing(database: TestDatabase) -> None:
    before = recorded(database)
    with pytest.raises(DatasetError):
        deploy(database, PAID, replace(AUDIT_LOG, query="SELECT 1 AS id"))
    assert recorded(database) == before
    assert count(database) == 240


def test_unchanged_datasets_wait_for_nobody(database: TestDatabase) -> None:
    before = recorded(database)
    with reading(database):
        deploy(database)
    assert recorded(database) == before


def test_changed_dataset_waits_for_its_readers(database: TestDatabase) -> None:
    before = recorded(database)
    with reading(database), pytest.raises(errors.LockNotAvailable):
        deploy(database, PAID, AUDIT_LOG)
    assert recorded(database) == before
    deploy(database, PAID, AUDIT_LOG)
    assert 0 < count(database) < 240
    after = recorded(database)
    assert after["audit-log"] == before["audit-log"]
    assert after["invoices"][0] == PAID.fingerprint
    assert after["invoices"][1] != before["invoices"][1]


def test_changed_directory_takes_effect(database: TestDatabase) -> None:
    members = f"{DATASETS.directory.members} WHERE role <> 'viewer'"
    organizations = "SELECT id, upper(name) AS name FROM sample.organizations"
    deploy(
        database,
        directory=replace(
            DATASETS.directory, members=members, organizations=organizations
        ),
    )
    with acting(database, "org_acme") as app:
        assert app.execute("SELECT name FROM organizations").fetchone() == (
            "ACME INC.",
        )


def test_missing_view_is_made_again(database: TestDatabase) -> None:
    run(database, "SET ROLE invoice_export_system; DROP VIEW invoice_export.invoices")
    deploy(database)
    assert count(database) == 240


def test_removed_dataset_takes_its_view_along(database: TestDatabase) -> None:
    deploy(database, INVOICES)
    assert recorded(database).keys() == {"invoices"}
    with acting(database, "org_acme") as app, pytest.raises(errors.UndefinedTable):
        app.execute("SELECT FROM audit_log")


def test_deployment_leaves_no_candidate_and_no_right_to_create(
    database: TestDatabase,
) -> None:
    deploy(database, PAID)
    with psycopg.connect(database.owner_url) as owner:
        assert owner.execute(
            "SELECT to_regclass('invoice_export._candidate'),"
            " has_schema_privilege('invoice_export_system', 'invoice_export', 'CREATE')"
        ).fetchone() == (None, False)


def test_names_without_a_schema_are_those_of_public(
    database: TestDatabase, cluster: Any
) -> None:
    with psycopg.connect(cluster.url_of("postgres", database.name)) as administrator:
        administrator.execute(
            "CREATE VIEW public.bills AS SELECT * FROM sample.invoices;"
            "GRANT SELECT ON public.bills TO invoice_export_system"
        )
    deploy(database, replace(INVOICES, query="SELECT * FROM bills"))
    assert count(database) == 240


# What an expression of the application's role sees before the tenant is compared.
LEAK = """
CREATE FUNCTION pg_temp.leak(cell text) RETURNS boolean
  LANGUAGE plpgsql COST 0.0000001
AS $$ BEGIN RAISE NOTICE '%', cell; RETURN true; END $$
"""


@contextmanager
def curious(database: TestDatabase, organization: str) -> Iterator[psycopg.Connection]:
    """Act for an organisation, in plans where nothing but the view's barrier helps."""
    for table in ("organizations", "users", "members", "invoices"):
        run(database, f"ALTER TABLE sample.{table} DISABLE ROW LEVEL SECURITY")
    with acting(database, organization) as app:
        for plan in ("indexscan", "indexonlyscan", "bitmapscan"):
            app.execute(sql.SQL("SET LOCAL enable_{} = off").format(sql.SQL(plan)))
        app.execute(LEAK)
        yield app


@pytest.mark.parametrize(
    ("view", "cell", "own"),
    [
        ("invoices", "id::text", 210),
        ("users", "email", 1),
        ("members", "user_id", 1),
        ("organizations", "name", 1),
        ("audit_log", "payload::text", 0),
    ],
)
def test_function_of_the_app_sees_no_foreign_row(
    database: TestDatabase, view: str, cell: str, own: int
) -> None:
    seen: list[str | None] = []
    with curious(database, "org_globex") as app:
        app.add_notice_handler(lambda notice: seen.append(notice.message_primary))
        rows = app.execute(
            f"SELECT {cell} FROM {view} WHERE pg_temp.leak({cell})"
        ).fetchall()
    assert len(rows) == own
    assert {(cell,) for cell in seen} == set(rows)


@pytest.mark.parametrize(
    ("view", "cell"),
    [
        ("invoices", "customer_name"),
        ("members", "user_id"),
        ("organizations", "name"),
    ],
)
def test_failing_cast_shows_no_foreign_cell(
    database: TestDatabase, view: str, cell: str
) -> None:
    with curious(database, "org_nobody") as app:
        statement = f"SELECT FROM {view} WHERE {cell}::int IS NULL"
        assert app.execute(statement).fetchall() == []


# Types with a length, and one of a domain; none is exactly what a key declares.
LOOSE_TYPES = """
CREATE DOMAIN sample.serial AS bigint CHECK (VALUE > 0);
CREATE TABLE sample.receipts (
  organization_id varchar(40), at timestamp(3), code varchar(12), serial sample.serial
);
INSERT INTO sample.receipts
  SELECT 'org_acme', '2025-01-01'::timestamp + n / 100 * interval '1 h', n / 10 % 10, n
  FROM generate_series(1, 3000) n;
CREATE INDEX ON sample.receipts (organization_id, at, code, serial);
ANALYZE sample.receipts;
GRANT SELECT ON sample.receipts TO invoice_export_system;
"""
RECEIPTS = Dataset(
    name="receipts",
    label="Receipts",
    default=True,
    query="SELECT organization_id, at, code, serial FROM sample.receipts",
    organization="organization_id",
    key=(
        Key("at", KeyType.TIMESTAMP),
        Key("code", KeyType.TEXT),
        Key("serial", KeyType.BIGINT),
    ),
    columns=(Column("serial", "serial", Kind.NUMBER),),
    filters=(Filter("serial"),),
    words=Words("receipt", "receipts", "There are no receipts yet."),
)
LEAST = {"dataset": "receipts", "filters": {"serial": {"min": 1}}}


def walked(
    database: TestDatabase, dataset: Dataset, body: dict[str, Any], hop_rows: int
) -> Walk:
    """Walk over a deployed dataset's rows."""
    datasets = Datasets((dataset,), DATASETS.directory)
    worker = Database(connector(database.app_url), datasets)
    with closing(worker), worker.tenant("org_acme") as tx:
        return walk(tx, parse(datasets, body), lambda _: hop_rows)


@pytest.mark.parametrize("body", [{"dataset": "receipts"}, LEAST])
def test_keys_of_loose_types_are_walked_in_their_declared_ones(
    database: TestDatabase, body: dict[str, Any]
) -> None:
    run(database, LOOSE_TYPES)
    deploy(database, RECEIPTS)
    found = walked(database, RECEIPTS, body, 1000)
    assert found.keys == [
        ["2025-01-01 00:00:00", "0", "1"],
        ["2025-01-01 10:00:00", "0", "1001"],
        ["2025-01-01 20:00:00", "0", "2001"],
        ["2025-01-02 06:00:00", "0", "3000"],
    ]
    assert found.places == [0, 1000, 2000, 3000]


@pytest.mark.parametrize("hop_rows", [5, 6, 7, 3000, 3001])
def test_walk_ends_with_the_last_row_and_all_rows(
    database: TestDatabase, hop_rows: int
) -> None:
    # Five hundred hops, one round trip, pass over 3,000 rows if they are of 6 rows.
    run(database, LOOSE_TYPES)
    deploy(database, RECEIPTS)
    found = walked(database, RECEIPTS, {"dataset": "receipts"}, hop_rows)
    assert found.places == [*range(0, 3000, hop_rows), 3000]
    assert [key[-1] for key in found.keys] == [
        *(str(place + 1) for place in found.places[:-1]),
        "3000",
    ]


@pytest.mark.parametrize("hop_rows", [1, 2, 3, 6, 7, 8])
def test_walk_that_cannot_read_backwards_ends_with_the_last_row(
    database: TestDatabase, hop_rows: int
) -> None:
    run(database, LOOSE_TYPES)
    joined = f"{RECEIPTS.query} JOIN generate_series(1, 7) each (n) ON each.n = serial"
    dataset = replace(RECEIPTS, query=joined)
    plan = plan_of_walk(database, dataset)
    assert plan[2].startswith("Nested Loop")
    found = walked(database, dataset, {"dataset": "receipts"}, hop_rows)
    places = list(range(0, 7, hop_rows))
    assert found.places == [*places, 7]
    serials = [*(str(place + 1) for place in places), "7"]
    assert found.keys == [["2025-01-01 00:00:00", "0", serial] for serial in serials]


def plan_of_walk(database: TestDatabase, dataset: Dataset) -> list[str]:
    deploy(database, dataset)
    request = parse(Datasets((dataset,), DATASETS.directory), {"dataset": "receipts"})
    statement = compose_with("exported_rows.walk", Parts(request))
    with acting(database, "org_acme") as app:
        app.execute("SELECT read_in_order()")
        rows = app.execute(f"EXPLAIN (VERBOSE) {statement}").fetchall()
    return [line.strip(" ->") for (line,) in rows]


def test_walk_over_keys_reads_the_index_in_its_order(database: TestDatabase) -> None:
    run(database, LOOSE_TYPES)
    plan = plan_of_walk(database, RECEIPTS)
    assert plan[0].startswith("Subquery Scan")
    assert plan[2].startswith("Index Only Scan")


def test_walk_over_keys_gives_the_entries_of_the_index(database: TestDatabase) -> None:
    run(database, LOOSE_TYPES)
    # A text is cast, and so is a domain.
    run(
        database,
        "CREATE INDEX ON sample.receipts (organization_id, at, serial);"
        "ALTER TABLE sample.receipts ALTER COLUMN serial TYPE bigint;",
    )
    at, _, serial = RECEIPTS.key
    plan = plan_of_walk(database, replace(RECEIPTS, key=(at, serial)))
    assert plan[0].startswith("Index Only Scan")
    # All columns of the index in its order: PostgreSQL makes no row of its own.
    assert plan[1] == "Output: receipts.organization_id, receipts.at, receipts.serial"


def test_organisation_may_be_a_part_of_the_key(database: TestDatabase) -> None:
    run(database, LOOSE_TYPES)
    key = (Key("organization_id", KeyType.TEXT), *RECEIPTS.key)
    dataset = replace(RECEIPTS, key=key)
    deploy(database, dataset)
    assert walked(database, dataset, {"dataset": "receipts"}, 3000).keys == [
        ["org_acme", "2025-01-01 00:00:00", "0", "1"],
        ["org_acme", "2025-01-02 06:00:00", "0", "3000"],
    ]
