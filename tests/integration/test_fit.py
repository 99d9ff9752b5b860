"""`make fit` over an application's tables, each test with one thing broken."""

import json

import psycopg
import pytest
from msgspec.structs import replace
from psycopg import sql

from invoice_export import datasets
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
from tests.fix_servers import server
from tools.fit import session
from tools.fit.__main__ import main
from tools.fit.catalogue import Catalogue
from tools.fit.check import check
from tools.fit.findings import Severity, fits

READER = "fit_reader"
TABLES = """
CREATE SCHEMA app;
CREATE TABLE app.accounts (id bigint PRIMARY KEY, name text NOT NULL);
CREATE TABLE app.people (id bigint PRIMARY KEY, name text, email text);
CREATE TABLE app.staff (account_id bigint, person_id bigint, role text);
CREATE TABLE app.customers (id bigint PRIMARY KEY, account_id bigint, name text);
CREATE TABLE app.orders (
  id bigint PRIMARY KEY, account_id bigint NOT NULL, customer_id bigint, code text,
  state text NOT NULL, paid boolean, note text, total numeric,
  created_at timestamptz NOT NULL, updated_at timestamptz NOT NULL, booked timestamp
);
CREATE INDEX orders_export_idx ON app.orders (account_id, created_at, id);
CREATE INDEX orders_state_idx ON app.orders (account_id, state);
INSERT INTO app.accounts VALUES (1, 'One'), (2, 'Two'), (3, 'None');
INSERT INTO app.people SELECT n, 'P', 'p' || n || '@example.com'
  FROM generate_series(1, 3) n;
INSERT INTO app.staff VALUES (1, 1, 'owner'), (1, 2, 'member'), (2, 3, 'viewer');
INSERT INTO app.customers SELECT n, n % 2 + 1, 'C' || n FROM generate_series(1, 50) n;
INSERT INTO app.orders
  SELECT n, n % 3 % 2 + 1, n % 50 + 1, 'c' || n,
    CASE n % 2 WHEN 0 THEN 'open' ELSE 'done' END, n % 2 = 0, '100 %', n / 7.0,
    timestamptz '2025-01-01' + n / 3 * interval '1 minute', now(), localtimestamp
  FROM generate_series(1, 12000) n;
ANALYZE;
"""
QUERY = """
SELECT o.*, c.name AS customer
FROM app.orders o
LEFT JOIN app.customers c ON c.id = o.customer_id
WHERE o.note LIKE '%'
"""
DIRECTORY = Directory(
    organizations="SELECT id, name FROM app.accounts",
    users="SELECT id, name, email FROM app.people",
    members="SELECT account_id AS organization_id, person_id AS user_id, role"
    " FROM app.staff",
)
ORDERS = Dataset(
    name="orders",
    label="Orders",
    query=QUERY,
    organization="account_id",
    key=(Key("created_at", KeyType.TIMESTAMPTZ), Key("id", KeyType.BIGINT)),
    columns=(
        Column("id", "id", Kind.PLAIN),
        Column("state", "state", Kind.CHOICE, choices=("open", "done")),
        Column("customer", "customer", Kind.TEXT),
        Column("note", "note", Kind.TEXT),
        Column("total", "total", Kind.NUMBER),
        Column("paid", "paid", Kind.BOOLEAN),
        Column("booked", "booked", Kind.LOCAL_TIME),
        Column("created_at", "createdAt", Kind.TIME),
    ),
    filters=(Filter("state"), Filter("createdAt")),
    words=Words("order", "orders", "There are no orders."),
    default=True,
)


class Application:
    """An application's database, and the complaints about it."""

    def __init__(self, url):
        self.url = url
        self.run(TABLES)
        self.run(
            f"GRANT USAGE ON SCHEMA app TO {READER};"
            f" GRANT SELECT ON ALL TABLES IN SCHEMA app TO {READER}"
        )

    def run(self, statements):
        with psycopg.connect(self.url, autocommit=True) as owner:
            return owner.execute(statements)

    def connect(self):
        """As a role that may read the tables, and nothing else."""
        return psycopg.connect(
            psycopg.conninfo.make_conninfo(self.url, user=READER, password="read"),
            autocommit=True,
        )

    def sections(self, dataset=ORDERS, directory=DIRECTORY):
        return check(self.connect, Datasets((dataset,), directory))

    def complaints(self, **changes):
        """What is found about the orders with these changes, but what is fine."""
        dataset = replace(ORDERS, **changes)
        return complaints(self.sections(dataset)[-1])

    def about_directory(self, **changes):
        return complaints(self.sections(directory=replace(DIRECTORY, **changes))[1])


def complaints(section):
    return [
        (finding.severity.value, finding.code, finding.message, finding.advice)
        for finding in section.findings
        if finding.severity is not Severity.OK
    ]


@pytest.fixture
def target(cluster):
    name = "fit_application"
    with psycopg.connect(
        cluster.url_of("postgres", "postgres"), autocommit=True
    ) as admin:
        admin.execute(f"DROP ROLE IF EXISTS {READER}")
        admin.execute(f"CREATE ROLE {READER} LOGIN PASSWORD 'read'")
        admin.execute(f"CREATE DATABASE {name} TEMPLATE template0")
        yield Application(cluster.url_of("postgres", name))
        admin.execute(f"DROP DATABASE {name} WITH (FORCE)")
        admin.execute(f"DROP ROLE {READER}")


def test_application_that_fits_has_no_complaint_before_set_up(target):
    sections = target.sections()
    assert [complaints(section) for section in sections] == [[], [], []]
    assert "reads as fit_reader" in sections[0].findings[1].message


@pytest.mark.parametrize("role", ["postgres", "invoice_export_owner"])
def test_sample_fits_after_set_up(cluster, database, role):
    url = cluster.url_of(role, database.name)
    sections = check(lambda: psycopg.connect(url, autocommit=True), datasets.load())
    assert fits(sections)
    found = [line for section in sections for line in complaints(section)]
    assert {severity for severity, *_ in found} <= {"info"}


@pytest.mark.parametrize("version", [16, 17])
def test_older_servers_are_checked_alike(version):
    with server(version) as server_url:
        with psycopg.connect(f"{server_url}/postgres") as admin:
            admin.execute(f"CREATE ROLE {READER} LOGIN")
        target = Application(f"{server_url}/postgres")
        assert [complaints(section) for section in target.sections()] == [[], [], []]
        target.run("DROP INDEX app.orders_export_idx")
        assert [advice for *_, advice in target.complaints()] == [INDEX]


def test_command_exits_by_what_it_finds(cluster, database, capsys):
    url = cluster.url_of("postgres", database.name)
    assert main([], {"DATABASE_URL": url}) == 0
    assert "It fits: no warnings." in capsys.readouterr().out
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(
            "GRANT SELECT ON sample.users, sample.invoices TO invoice_export_app"
        )
    assert main(["--json"], {"DATABASE_URL": url}) == 1
    printed = capsys.readouterr().out
    assert json.loads(printed)["fits"] is False
    assert cluster.passwords["postgres"] not in printed


def test_catalogue_and_rows_are_the_same_afterwards(target):
    def state():
        return target.run(
            """
            SELECT
              (SELECT array_agg(oid ORDER BY oid) FROM pg_class),
              (SELECT array_agg(oid ORDER BY oid) FROM pg_proc),
              (SELECT array_agg(oid ORDER BY oid) FROM pg_namespace),
              (SELECT array_agg((rolname, rolconfig)::text ORDER BY oid) FROM pg_roles),
              (SELECT sum(n_tup_ins + n_tup_upd + n_tup_del) FROM pg_stat_user_tables)
            """
        ).fetchall()

    before = state()
    target.sections()
    assert state() == before


def test_query_that_writes_is_refused(target):
    target.run(
        "CREATE FUNCTION app.noted(bigint) RETURNS bigint LANGUAGE sql AS"
        " 'INSERT INTO app.accounts VALUES ($1 + 1000, '''') RETURNING id';"
        "ALTER FUNCTION app.noted SECURITY DEFINER"
    )
    found = target.complaints(
        query="SELECT o.*, c.name AS customer, app.noted(o.id) AS seen"
        " FROM app.orders o JOIN app.customers c ON c.id = app.noted(o.id)"
    )
    assert "read-only transaction" in str(found)
    assert target.run("SELECT count(*) FROM app.accounts").fetchone() == (3,)


INDEX = "CREATE INDEX CONCURRENTLY ON app.orders (account_id, created_at, id)"


def test_missing_index_is_an_error_with_its_statement(target):
    target.run("DROP INDEX app.orders_export_idx, app.orders_state_idx")
    errors = [line for line in target.complaints() if line[0] == "error"]
    ((_, code, message, advice),) = errors
    assert (code, advice) == ("index", INDEX)
    assert "12,000 rows of app.orders" in message
    target.run(advice)
    assert [line[0] for line in target.complaints()] == ["warning"]


def test_tenant_index_alone_leaves_a_sort(target):
    target.run("DROP INDEX app.orders_export_idx, app.orders_state_idx")
    # The larger organisation's plan counts.
    target.run("UPDATE app.orders SET account_id = 1 WHERE id > 5")
    target.run("CREATE INDEX ON app.orders (account_id); ANALYZE app.orders")
    errors = [line for line in target.complaints() if line[0] == "error"]
    ((_, code, message, advice),) = errors
    assert (code, advice) == ("index", INDEX)
    assert "sorts" in message


def test_index_is_named_on_the_table_under_a_view(target):
    target.run(
        "CREATE VIEW app.seen AS SELECT id AS number, account_id AS whose,"
        " created_at AS made FROM app.orders;"
        f"GRANT SELECT ON app.seen TO {READER};"
        "DROP INDEX app.orders_export_idx, app.orders_state_idx"
    )
    found = target.complaints(
        query="SELECT * FROM app.seen",
        organization="whose",
        key=(Key("made", KeyType.TIMESTAMPTZ), Key("number", KeyType.BIGINT)),
        columns=(Column("number", "number", Kind.PLAIN),),
        filters=(),
    )
    assert [advice for *_, advice in found] == [INDEX]


def test_index_of_a_partitioned_table_is_named_on_the_whole(target):
    target.run(
        """
        CREATE TABLE app.events (
          id bigint NOT NULL, account_id bigint NOT NULL, PRIMARY KEY (id)
        ) PARTITION BY RANGE (id);
        CREATE TABLE app.events_1 PARTITION OF app.events FOR VALUES FROM (0) TO (7000);
        CREATE TABLE app.events_2 PARTITION OF app.events
          FOR VALUES FROM (7000) TO (14000);
        INSERT INTO app.events SELECT n, n % 2 + 1 FROM generate_series(1, 12000) n;
        ANALYZE app.events
        """
    )
    target.run(f"GRANT SELECT ON app.events TO {READER}")
    found = target.complaints(
        query="SELECT * FROM app.events",
        key=(Key("id", KeyType.BIGINT),),
        columns=(Column("id", "id", Kind.PLAIN),),
        filters=(),
    )
    ((severity, _, message, advice),) = found
    assert severity == "error"
    assert "all 12,000 rows of app.events" in message
    assert advice == "CREATE INDEX ON app.events (account_id, id)"


def test_joined_table_without_an_index_is_named_with_its_column(target):
    target.run(
        "CREATE TABLE app.lines (order_id bigint, amount numeric);"
        "INSERT INTO app.lines SELECT n, 1 FROM generate_series(1, 12000) n;"
        f"ANALYZE app.lines; GRANT SELECT ON app.lines TO {READER}"
    )
    found = target.complaints(
        query="SELECT o.*, '' AS customer, t.sum FROM app.orders o LEFT JOIN LATERAL"
        " (SELECT sum(amount) FROM app.lines l WHERE l.order_id = o.id) t ON true",
        columns=(*ORDERS.columns, Column("sum", "sum", Kind.NUMBER)),
    )
    assert [advice for *_, advice in found] == [
        "CREATE INDEX CONCURRENTLY ON app.lines (order_id)"
    ]


def test_key_of_an_expression_finds_no_index(target):
    found = target.complaints(
        query="SELECT o.*, '' AS customer, o.id + 0 AS nr FROM app.orders o",
        key=(Key("nr", KeyType.BIGINT),),
    )
    assert "no index finds an expression" in str(found)


def test_tenant_in_another_table_than_the_key_is_an_error(target):
    target.run(
        "UPDATE app.customers SET account_id = 1 WHERE id > 1;"
        "CREATE INDEX ON app.orders (customer_id); ANALYZE"
    )
    found = target.complaints(
        query="SELECT o.id, o.created_at, c.account_id FROM app.orders o"
        " JOIN app.customers c ON c.id = o.customer_id",
        columns=(Column("id", "id", Kind.PLAIN),),
        filters=(),
    )
    assert "no index spans app.customers and app.orders" in str(found)


def test_join_that_planning_cannot_drop_is_a_warning(target):
    found = target.complaints(query=QUERY.replace("LEFT JOIN", "JOIN"))
    assert [(severity, code) for severity, code, *_ in found] == [("warning", "joins")]
    assert "app.customers" in found[0][2]


def test_filters_without_an_index_are_warnings_with_the_statement(target):
    found = target.complaints(
        filters=(*ORDERS.filters, Filter("paid"), Filter("total"), Filter("customer"))
    )
    assert [(severity, advice) for severity, _, _, advice in found] == [
        (
            "warning",
            INDEX.replace("(account_id", "(account_id, paid"),
        ),
        ("info", ""),
        ("warning", "CREATE INDEX CONCURRENTLY ON app.customers (name)"),
    ]


def test_filter_of_an_expression_is_a_warning(target):
    found = target.complaints(
        query="SELECT o.*, '' AS customer, lower(o.code) AS low FROM app.orders o",
        filters=(Filter("low", column="low", kind=Kind.TEXT),),
    )
    assert [(severity, code) for severity, code, *_ in found] == [
        ("warning", "filters")
    ]


def test_filter_that_cannot_compare_is_an_error(target):
    found = target.complaints(
        filters=(Filter("booked", column="id", kind=Kind.CHOICE, choices=("x",)),)
    )
    assert [(severity, code) for severity, code, *_ in found] == [("error", "filters")]


@pytest.mark.parametrize(
    ("column", "advice"),
    [
        (Column("note", "note", Kind.PLAIN), "declare Kind.TEXT"),
        (Column("id", "id", Kind.TEXT), "declare Kind.NUMBER"),
        (Column("booked", "booked", Kind.TIME), "declare Kind.LOCAL_TIME"),
        (Column("created_at", "at", Kind.LOCAL_TIME), "declare Kind.TIME"),
        (Column("state", "state", Kind.NUMBER), "declare another kind"),
        (Column("nowhere", "nowhere", Kind.TEXT), "select it"),
    ],
    ids=lambda value: getattr(value, "header", None),
)
def test_column_that_does_not_fit_is_an_error(target, column, advice):
    (found,) = target.complaints(columns=(column,), filters=())
    assert found[0] == "error"
    assert found[3].startswith(advice)


def test_unknown_choice_is_an_error(target):
    target.run("UPDATE app.orders SET state = '=1+1' WHERE id = 77")
    (found,) = target.complaints()
    assert found[:2] == ("error", "choices")
    assert "'=1+1'" in found[2]


def test_query_that_cannot_be_read_is_an_error(target):
    (found,) = target.complaints(query="SELECT * FROM app.gone")
    assert found[:2] == ("error", "query")
    (found,) = target.complaints(query="SELECT FROM WHERE")
    assert found[:2] == ("error", "query")


def test_table_without_the_right_to_read_is_an_error(target):
    target.run(f"REVOKE SELECT ON app.customers FROM {READER}")
    (found,) = target.complaints()
    assert found[:2] == ("error", "query")
    assert "may read the tables" in found[3]


def test_two_columns_with_one_name_are_an_error(target):
    (found, *_) = target.complaints(
        query="SELECT o.*, '' AS customer, 1 AS note FROM app.orders o"
    )
    assert found[:2] == ("error", "column-names")


def test_repeated_key_is_an_error(target):
    found = target.complaints(key=(Key("created_at", KeyType.TIMESTAMPTZ),))
    assert ("error", "key-unique") in [line[:2] for line in found]


def test_join_that_repeats_rows_is_an_error(target):
    found = target.complaints(
        query="SELECT o.*, s.role AS customer FROM app.orders o"
        " JOIN app.staff s ON s.account_id = o.account_id"
    )
    assert ("error", "key-unique") in [line[:2] for line in found]


def test_null_key_is_an_error(target):
    target.run(
        "CREATE INDEX ON app.orders (account_id, booked, id);"
        "UPDATE app.orders SET booked = NULL WHERE id = 9"
    )
    (found,) = target.complaints(
        key=(Key("booked", KeyType.TIMESTAMP), Key("id", KeyType.BIGINT))
    )
    assert found[:2] == ("error", "key-null")


def test_row_of_nobody_is_an_error(target):
    target.run(
        "ALTER TABLE app.orders ALTER account_id DROP NOT NULL;"
        "UPDATE app.orders SET account_id = NULL WHERE id = 9"
    )
    (found,) = target.complaints()
    assert found[:2] == ("error", "organization-null")


def test_key_of_another_type_is_an_error(target):
    (found,) = target.complaints(
        key=(Key("created_at", KeyType.TIMESTAMP), Key("id", KeyType.BIGINT))
    )
    assert found[:2] == ("error", "columns")


def test_collation_of_a_text_key_is_found(target):
    with session.reading(target.connect) as asked:
        query = 'SELECT code, code COLLATE "C" AS plain FROM app.orders'
        assert Catalogue(asked).collation(query, "plain") == ("C", True)
        assert Catalogue(asked).collation(query, "code") == ("default", True)


def test_key_that_looks_as_if_it_changed_is_a_warning(target):
    target.run("CREATE INDEX ON app.orders (account_id, updated_at, id)")
    (found,) = target.complaints(
        key=(Key("updated_at", KeyType.TIMESTAMPTZ), Key("id", KeyType.BIGINT))
    )
    assert found[:2] == ("warning", "key-changes")


def test_key_that_a_trigger_sets_is_a_warning(target):
    target.run(
        "CREATE FUNCTION app.touch() RETURNS trigger LANGUAGE plpgsql AS"
        " 'BEGIN NEW.created_at := now(); RETURN NEW; END';"
        "CREATE TRIGGER touch BEFORE UPDATE ON app.orders"
        " FOR EACH ROW EXECUTE FUNCTION app.touch()"
    )
    (found,) = target.complaints()
    assert found[:2] == ("warning", "key-changes")
    assert "trigger touch" in found[2]


def test_constant_tenant_is_an_error(target):
    found = target.complaints(
        query="SELECT o.*, '' AS customer, '1'::text AS everybody FROM app.orders o",
        organization="everybody",
    )
    assert [line[:2] for line in found] == [("error", "organization")]


def test_tenant_taken_from_the_session_is_an_error(target):
    found = target.complaints(
        query="SELECT o.*, '' AS customer, current_setting('app.org_id', true) AS who"
        " FROM app.orders o",
        organization="who",
    )
    assert ("error", "organization") in [line[:2] for line in found]


def test_rows_that_every_tenant_sees_are_an_error(target):
    found = target.complaints(
        query="SELECT o.id, o.created_at, a.id AS account_id"
        " FROM app.orders o CROSS JOIN app.accounts a",
        columns=(Column("id", "id", Kind.PLAIN),),
        filters=(),
    )
    assert ("error", "wall") in [line[:2] for line in found]


def test_rows_of_organisations_that_the_directory_does_not_know_are_a_warning(
    target,
):
    target.run("UPDATE app.accounts SET id = id + 10")
    (found,) = target.complaints()
    assert found[:2] == ("warning", "organization")


def test_empty_table_says_that_its_rows_were_not_checked(target):
    target.run("TRUNCATE app.orders")
    (found,) = target.complaints()
    assert found[:2] == ("info", "rows")


def test_row_level_security_that_hides_rows_is_a_warning(target):
    target.run("ALTER TABLE app.orders ENABLE ROW LEVEL SECURITY")
    found = target.complaints()
    assert found[0][:2] == ("warning", "row-security")
    target.run("CREATE POLICY all_rows ON app.orders USING (true)")
    assert target.complaints() == []


def test_rows_that_take_too_long_are_a_warning_and_plans_are_checked(
    target, monkeypatch
):
    monkeypatch.setattr(session, "TIMEOUT", "300ms")
    target.run("DROP INDEX app.orders_export_idx, app.orders_state_idx")
    found = target.complaints(
        query="SELECT o.*, '' AS customer FROM app.orders o"
        " WHERE pg_sleep(0.001) IS NOT NULL"
    )
    assert {line[:2] for line in found} == {
        ("warning", "rows"),
        ("warning", "timeout"),
        ("error", "index"),
        ("warning", "filters"),
        ("info", "wall"),
    }
    assert INDEX in [advice for *_, advice in found]


def test_unknown_role_is_an_error(target):
    target.run("UPDATE app.staff SET role = 'boss' WHERE person_id = 1")
    (found,) = target.about_directory()
    assert found[:2] == ("error", "roles")
    assert "'boss'" in found[2]


def test_members_without_a_role_are_no_members(target):
    target.run("UPDATE app.staff SET role = NULL WHERE person_id = 1")
    assert [line[:2] for line in target.about_directory()] == [("info", "roles")]
    target.run("UPDATE app.staff SET role = NULL")
    assert [line[:2] for line in target.about_directory()] == [("error", "roles")]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"users": "SELECT id, name FROM app.people"}, ("error", "columns")),
        (
            {"users": "SELECT id, name, NULL::text AS email FROM app.people"},
            ("warning", "emails"),
        ),
        (
            {"organizations": "SELECT 1 AS id, name FROM app.accounts"},
            ("error", "ids"),
        ),
        (
            {"users": "SELECT nullif(id, 9) AS id, name, email FROM app.people"},
            None,
        ),
        (
            {"users": "SELECT nullif(id, 2) AS id, name, email FROM app.people"},
            ("error", "ids"),
        ),
        (
            {"members": "SELECT 9 AS organization_id, 1 AS user_id, 'owner' AS role"},
            ("warning", "members"),
        ),
        ({"members": "SELECT 1 FROM app.gone"}, ("error", "query")),
    ],
)
def test_directory_that_does_not_fit(target, changes, expected):
    found = target.about_directory(**changes)
    assert (found[0][:2] if found else None) == expected


def test_table_that_the_app_may_read_is_an_error(cluster, database):
    url = cluster.url_of("postgres", database.name)

    def sections():
        return check(lambda: psycopg.connect(url, autocommit=True), datasets.load())

    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("GRANT SELECT ON sample.invoices TO invoice_export_app")
    found = complaints(sections()[2])
    assert [line[:2] for line in found] == [("error", "app-tables")]


def test_policy_that_blinds_the_exports_is_an_error(cluster, database):
    url = cluster.url_of("postgres", database.name)
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute("DROP POLICY exports ON sample.invoices")
    sections = check(lambda: psycopg.connect(url, autocommit=True), datasets.load())
    found = complaints(sections[2])
    assert found[0][:2] == ("error", "row-security")
    assert found[0][3].startswith("CREATE POLICY exports ON sample.invoices")
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(found[0][3])
    sections = check(lambda: psycopg.connect(url, autocommit=True), datasets.load())
    assert complaints(sections[2]) == []


def test_view_that_shows_foreign_rows_is_an_error(cluster, database):
    url = cluster.url_of("postgres", database.name)
    with psycopg.connect(url, autocommit=True) as admin:
        admin.execute(
            "CREATE OR REPLACE VIEW invoice_export.invoices AS"
            f" {sql.SQL(datasets.load().default.query).as_string()}"
        )
    sections = check(lambda: psycopg.connect(url, autocommit=True), datasets.load())
    assert [line[:2] for line in complaints(sections[2])] == [("error", "app")]


def test_foreign_application_fits(application, app_urls):
    url = app_urls[application.schema]
    sections = check(
        lambda: psycopg.connect(url, autocommit=True), application.datasets
    )
    assert fits(sections)
    # Both have users and members that a directory may have.
    directory, *rest = map(complaints, sections[1:])
    assert {severity for severity, *_ in directory} <= {"warning", "info"}
    assert [*rest] == [[], [], []]
