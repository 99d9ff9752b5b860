"""A database that is given to us, set up by a role without superuser."""

import csv
import io
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass

import boto3
import psycopg
import pytest

from invoice_export.adapters import own_database, views
from invoice_export.adapters.database_setup import removal_statement, setup_statements
from invoice_export.adapters.migrations import migrate
from invoice_export.contracts.requests import parse
from invoice_export.domain.dataset import (
    Column,
    Dataset,
    Datasets,
    Directory,
    Key,
    KeyType,
    Kind,
    Words,
)
from invoice_export.settings import FileSettings
from invoice_export.steps.plan_pages import PagePolicy
from invoice_export.store.connection import connector
from invoice_export.store.database import Database
from invoice_export.wiring.files import make_files
from local import seed
from local.database_setup import setup_text, tables_read
from local.postgres import binaries
from tests.driver import DATASETS, DataPath
from tests.fix_servers import server, url_for
from tests.fix_world import BUCKET
from tests.integration.test_audit_chain import NAUGHTY, PAYLOADS, append
from tests.tampering import unbound
from tools.audit.__main__ import CHANGED, UNCHANGED, main

# Another application: bigint ids, times without a zone, words for states, no roles.
APPLICATION = """
CREATE SCHEMA billing;
CREATE TABLE billing.accounts (id bigint PRIMARY KEY, title text NOT NULL);
CREATE TABLE billing.people (id bigint PRIMARY KEY, email text NOT NULL);
CREATE TABLE billing.seats (
  account bigint REFERENCES billing.accounts, person bigint REFERENCES billing.people,
  active boolean NOT NULL, PRIMARY KEY (account, person)
);
CREATE TABLE billing.customers (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE billing.bills (
  id bigint PRIMARY KEY, account bigint REFERENCES billing.accounts,
  customer bigint REFERENCES billing.customers, state integer NOT NULL,
  cents bigint NOT NULL, created timestamp NOT NULL
);
CREATE INDEX ON billing.bills (account, created, id);
INSERT INTO billing.accounts VALUES (1, 'One'), (2, 'Two');
INSERT INTO billing.people VALUES (10, 'ann@one.example'), (20, 'bob@two.example');
INSERT INTO billing.seats VALUES (1, 10, true), (2, 20, true), (1, 20, false);
INSERT INTO billing.customers SELECT n, 'Customer ' || n FROM generate_series(1, 9) n;
INSERT INTO billing.bills
  SELECT n, n % 2 + 1, n % 9 + 1, n % 3, n * 7,
         timestamp '2026-01-01' + n * interval '1 h'
  FROM generate_series(1, 300) n;
"""
BILLS = Dataset(
    name="bills",
    label="Bills",
    query="""
        SELECT
          b.id, b.account, c.name AS customer, b.cents / 100.0 AS total, b.created,
          CASE b.state WHEN 0 THEN 'open' WHEN 1 THEN 'paid' ELSE 'void' END AS state
        FROM billing.bills b LEFT JOIN billing.customers c ON c.id = b.customer
    """,
    organization="account",
    key=(Key("created", KeyType.TIMESTAMP), Key("id", KeyType.BIGINT)),
    columns=(
        Column("id", "id", Kind.NUMBER),
        Column("customer", "customer", Kind.TEXT),
        Column("state", "state", Kind.CHOICE, choices=("open", "paid", "void")),
        Column("total", "total", Kind.NUMBER),
        Column("created", "created", Kind.LOCAL_TIME),
    ),
    words=Words("bill", "bills", "There are no bills."),
    default=True,
)
DIRECTORY = Directory(
    organizations="SELECT id, title AS name FROM billing.accounts",
    users="SELECT id, NULL AS name, email FROM billing.people",
    members="SELECT account AS organization_id, person AS user_id, 'member' AS role"
    " FROM billing.seats WHERE active",
)
BILLING = Datasets((BILLS,), DIRECTORY)
# Roles, schemas and rights that name us.
TRACES = """
SELECT rolname FROM pg_roles WHERE rolname LIKE 'invoice_export%'
UNION ALL
SELECT nspname FROM pg_namespace
WHERE nspname LIKE 'invoice_export%' OR nspacl::text LIKE '%invoice_export%'
UNION ALL
SELECT relname FROM pg_class WHERE relacl::text LIKE '%invoice_export%'
"""


@dataclass(frozen=True)
class Given:
    """A database of somebody else, whose ``billing`` role is no superuser."""

    superuser: str
    billing: str
    owner: str
    app: str

    def set_up(self) -> None:
        with psycopg.connect(self.billing) as billing:
            billing.execute(setup_statements(tables_read(BILLING)))

    def deploy(self, datasets: Datasets = BILLING) -> None:
        migrate(lambda: psycopg.connect(self.owner))
        views.apply(lambda: psycopg.connect(self.owner), datasets)

    def export(
        self, datasets: Datasets, organization: str, user: str
    ) -> list[dict[str, str]]:
        """Run an export from its start to its file, as the application's role."""
        db = Database(connector(self.app), datasets)
        path = DataPath(
            db=db,
            files=make_files(FileSettings(files_bucket=BUCKET)),
            pages=PagePolicy(min_rows=40, max_rows=100, database_vcpus=1),
        )
        request = parse(datasets, {})
        run = path.accept(organization, user, request=request).run
        pages = path.plan(run.ref)
        assert len(pages) > 2
        rows = sum(path.write(run.ref, page).rows for page in pages)
        assert path.compose(run.ref).rows == rows
        db.close()
        with psycopg.connect(self.app) as app:
            app.execute("SELECT invoice_export.act_for(%s)", [organization])
            key = app.execute(
                "SELECT object_key FROM exports WHERE id = %s", [run.id]
            ).fetchone()
        assert key is not None
        stored = boto3.client("s3").get_object(Bucket=BUCKET, Key=key[0])
        text = stored["Body"].read().decode()
        return list(csv.DictReader(io.StringIO(text, newline="")))


@pytest.fixture(scope="module", params=[16, 17, 18])
def server_url(request: pytest.FixtureRequest) -> Iterator[str]:
    with server(request.param) as url:
        with psycopg.connect(f"{url}/postgres", autocommit=True) as superuser:
            superuser.execute("CREATE ROLE billing LOGIN CREATEROLE")
        yield url


@pytest.fixture
def given(server_url: str) -> Iterator[Given]:
    superuser = f"{server_url}/postgres"
    with psycopg.connect(superuser, autocommit=True) as connection:
        connection.execute("CREATE DATABASE billing")
        connection.execute("GRANT CREATE ON DATABASE billing TO billing")
        found = Given(
            superuser=f"{server_url}/billing",
            billing=url_for(server_url, "billing", "billing"),
            owner=url_for(server_url, "invoice_export_owner", "billing"),
            app=url_for(server_url, "invoice_export_app", "billing"),
        )
        with psycopg.connect(found.billing) as billing:
            billing.execute(APPLICATION)
        yield found
        connection.execute("DROP DATABASE billing WITH (FORCE)")


def test_plain_role_sets_up_deploys_and_removes_everything(given: Given) -> None:
    for _ in range(2):
        given.set_up()
        given.deploy()
    with psycopg.connect(given.app) as app:
        app.execute("SELECT invoice_export.act_for('1')")
        assert app.execute("SELECT count(*) FROM bills").fetchone() == (150,)
        assert app.execute("SELECT * FROM find_member('10')").fetchall() == [
            ("member", "ann@one.example", "ann@one.example", "One")
        ]
        assert app.execute("SELECT * FROM find_member('20')").fetchall() == []
    with psycopg.connect(given.billing) as billing:
        billing.execute(removal_statement())
    with psycopg.connect(given.billing) as billing:
        assert billing.execute(TRACES).fetchall() == []


def printed_setup_by(url: str) -> subprocess.CompletedProcess[str]:
    """Run what `make -s database-setup RDS_IAM=1` prints, as docs/adapt.md says."""
    text = setup_text(BILLING, owner_password=None, app_password=None, rds_iam=True)
    return subprocess.run(
        [binaries() / "psql", url, "--no-psqlrc", "--set", "ON_ERROR_STOP=1"],
        input=text,
        capture_output=True,
        text=True,
        check=False,
    )


def test_printed_setup_needs_admin_option_on_rds_iam_and_no_superuser(
    given: Given,
) -> None:
    with psycopg.connect(given.superuser, autocommit=True) as superuser:
        # A stand-in for the role that RDS has.
        superuser.execute("CREATE ROLE rds_iam")
        try:
            refused = printed_setup_by(given.billing)
            assert refused.returncode != 0
            assert 'permission denied to grant role "rds_iam"' in refused.stderr
            superuser.execute("GRANT rds_iam TO billing WITH ADMIN OPTION")
            # Whoever was refused runs the same text again.
            for _ in range(2):
                done = printed_setup_by(given.billing)
                assert done.returncode == 0, done.stderr
            given.deploy()
            members = superuser.execute(
                "SELECT member::regrole::text FROM pg_auth_members"
                " WHERE roleid = 'rds_iam'::regrole AND NOT admin_option ORDER BY 1"
            ).fetchall()
            assert members == [("invoice_export_app",), ("invoice_export_owner",)]
            assert superuser.execute(
                "SELECT count(*) FROM pg_roles WHERE rolname LIKE 'invoice_export%'"
                " AND (rolsuper OR rolcreaterole OR rolcreatedb OR rolbypassrls)"
            ).fetchone() == (0,)
        finally:
            with psycopg.connect(given.billing) as billing:
                billing.execute(removal_statement())
            superuser.execute("DROP OWNED BY rds_iam CASCADE")
            superuser.execute("DROP ROLE rds_iam")


def test_export_of_another_application_holds_its_rows(given: Given, aws: None) -> None:
    given.set_up()
    given.deploy()
    records = given.export(BILLING, "2", "20")
    with psycopg.connect(given.billing) as billing:
        expected = billing.execute(
            "SELECT b.id::text, c.name, round(b.cents / 100.0, 2)::text,"
            ' to_char(created, \'YYYY-MM-DD"T"HH24:MI:SS.US"Z"\')'
            " FROM billing.bills b JOIN billing.customers c ON c.id = b.customer"
            " WHERE account = 2 ORDER BY created, b.id"
        ).fetchall()
    assert len(expected) == 150
    assert [
        (row["id"], row["customer"], f"{float(row['total']):.2f}", row["created"])
        for row in records
    ] == expected


def test_sample_is_exported_on_every_version(given: Given, aws: None) -> None:
    for _ in range(2):
        own_database.prepare(
            lambda: psycopg.connect(given.billing),
            lambda: psycopg.connect(given.owner),
        )
    given.deploy(DATASETS)
    with psycopg.connect(given.owner) as owner:
        seed.seed(owner)
        owner.execute("SELECT set_config('app.org_id', 'org_acme', false)")
        numbers = owner.execute(
            "SELECT number FROM invoices WHERE organization_id = 'org_acme'"
            " ORDER BY created_at, id"
        ).fetchall()
        assert owner.execute(
            "INSERT INTO invoices"
            " (organization_id, number, customer_name, status, total, currency)"
            " VALUES ('org_acme', 'late', 'Ann', 'sent', 1, 'EUR') RETURNING id"
        ).fetchone()
    records = given.export(DATASETS, "org_acme", "user_alice")
    assert [(row["number"],) for row in records] == [*numbers, ("late",)]


def test_audit_log_is_a_chain_on_every_version(
    given: Given, aws: None, capsys: pytest.CaptureFixture[str]
) -> None:
    given.set_up()
    given.deploy()
    given.export(BILLING, "2", "20")
    db = Database(connector(given.app), BILLING)
    for text in NAUGHTY:
        append(db, "1", action=text, subject=text, actor=text)
    for payload in PAYLOADS:
        append(db, "1", payload=payload)
    db.close()
    for url in (given.owner, given.app):
        assert main([], {"DATABASE_URL": url}) == UNCHANGED
        told = capsys.readouterr().out
        count = len(NAUGHTY) + len(PAYLOADS)
        assert f"1: {count} records, nothing was changed" in told
        assert "2: 1 records, nothing was changed" in told
    with unbound(given.owner) as owner:
        owner.execute("DELETE FROM audit_logs WHERE organization_id = '1' AND seq = 3")
    assert main([], {"DATABASE_URL": given.owner}) == CHANGED
    assert "1: missing: record 3 is missing" in capsys.readouterr().out
