"""Whole exports of other applications' databases, compared cell by cell."""

import gzip
import os
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any
from urllib.parse import parse_qs, quote, urlsplit

import psycopg
import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st
from psycopg import sql

from invoice_export.adapters import views
from invoice_export.adapters.database_setup import setup_statements
from invoice_export.adapters.migrations import migrate
from invoice_export.contracts.requests import parse
from invoice_export.contracts.workflow.run import RunRef
from invoice_export.domain.dataset import Dataset, Filter, Kind
from invoice_export.errors import EmptyResultSetError
from invoice_export.steps.plan_pages import PagePolicy
from invoice_export.store import exported_rows
from invoice_export.store.connection import connector
from invoice_export.store.database import Database
from invoice_export.store.reading import Parts
from local.config import APP_ROLE, OWNER_ROLE, Laptop
from local.database_setup import tables_read
from tests.apps.application import Application
from tests.apps.expecting import expected_file, expected_rows
from tests.apps.fix_apps import APPLICATIONS
from tests.fix_api import Call
from tests.fix_postgres import NUMBERS, TestDatabase
from tests.fix_world import World

AT_MOST = 1_000_000
EXAMPLES = int(os.environ.get("FUZZ_EXAMPLES", "6"))

DATASETS = {
    dataset.name: application
    for application in APPLICATIONS
    for dataset in application.datasets.all
}


@dataclass
class Foreign:
    """A world over another application's database."""

    world: World
    application: Application
    admin: psycopg.Connection[Any]

    @property
    def organizations(self) -> list[str]:
        """The two that have rows."""
        return [name for name in self.application.people if name != self.empty]

    @property
    def empty(self) -> str:
        return self.application.empty

    def start(self, organization: str, options: dict[str, Any]) -> Any:
        return self.world.start(
            organization,
            self.application.people[organization],
            # Without a key, a request that was made before returns its old run.
            key=f"start-{next(NUMBERS)}",
            request=parse(self.application.datasets, options),
        ).run

    def exported(self, organization: str, options: dict[str, Any]) -> bytes:
        """Run an export to its end and return its file, unpacked."""
        run = self.start(organization, options)
        assert self.world.run_to_end(run.ref) == "completed"
        return self.file(run, organization)

    def file(self, run: Any, organization: str) -> bytes:
        file = self.world.file(run.id, organization)
        return gzip.decompress(file) if file[:2] == b"\x1f\x8b" else file

    def expected(self, organization: str, options: dict[str, Any]) -> bytes:
        return expected_file(self.application, self.admin, organization, options)

    def change(self, statement: str, *params: Any) -> None:
        """Do something that the application would do."""
        changed = self.admin.execute(statement, params)  # type: ignore[arg-type]
        assert changed.rowcount > 0


Prepare = Callable[[Application], str]


@pytest.fixture(scope="session")
def prepared(cluster: Laptop, app_urls: dict[str, str]) -> Prepare:
    """Names a database with the application and our schema, made by a deployment."""
    made: dict[str, str] = {}

    def prepare(application: Application) -> str:
        schema = application.schema
        if schema not in made:
            name = f"deployed_{schema}_{next(NUMBERS)}"
            source = psycopg.conninfo.conninfo_to_dict(app_urls[schema])["dbname"]
            with _administrator(cluster) as admin:
                _copy(admin, str(source), name)
            with _administrator(cluster, name) as admin:
                tables = tables_read(application.datasets)
                admin.execute(setup_statements(tables))

            def owner() -> psycopg.Connection:
                return psycopg.connect(cluster.url_of(OWNER_ROLE, name))

            migrate(owner)
            views.apply(owner, application.datasets)
            made[schema] = name
        return made[schema]

    return prepare


def _administrator(laptop: Laptop, database: str = "postgres") -> psycopg.Connection:
    return psycopg.connect(laptop.url_of("postgres", database), autocommit=True)


def _copy(admin: psycopg.Connection, source: str, name: str) -> None:
    statement = "CREATE DATABASE {} TEMPLATE {}"
    admin.execute(sql.SQL(statement).format(*map(sql.Identifier, (name, source))))


@pytest.fixture
def database(
    cluster: Laptop, application: Application, prepared: Prepare
) -> Iterator[TestDatabase]:
    """Takes the place of the sample's database, which the world is built over."""
    name = f"test_{next(NUMBERS)}"
    with _administrator(cluster) as admin:
        _copy(admin, prepared(application), name)
        yield TestDatabase(
            name, cluster.url_of(OWNER_ROLE, name), cluster.url_of(APP_ROLE, name)
        )
        drop = sql.SQL("DROP DATABASE {} WITH (FORCE)")
        admin.execute(drop.format(sql.Identifier(name)))


@pytest.fixture
def foreign(
    cluster: Laptop, world: World, database: TestDatabase, application: Application
) -> Iterator[Foreign]:
    world.db.close()
    world.db = Database(connector(database.app_url), application.datasets)
    world.pages = PagePolicy(min_rows=150, max_rows=300, database_vcpus=1)
    with _administrator(cluster, database.name) as admin:
        yield Foreign(world, application, admin)
    world.db.close()


def over(*cases: tuple[Any, ...], names: str) -> pytest.MarkDecorator:
    """Cases that begin with a dataset's name, each in its application's database."""
    return pytest.mark.parametrize(
        ("application", *names.split()),
        [(DATASETS[case[0]], *case) for case in cases],
        indirect=["application"],
        ids=lambda value: None if isinstance(value, str) else "",
    )


@over(*[(name,) for name in DATASETS], names="name")
@pytest.mark.parametrize(
    "form", [{}, {"format": "csv.gz"}, {"consistency": "snapshot"}], ids=str
)
def test_a_file_equals_what_python_reads_and_joins(
    foreign: Foreign, name: str, form: dict[str, str]
) -> None:
    files = []
    for organization in foreign.organizations:
        options = {"dataset": name, **form}
        file = foreign.exported(organization, options)
        assert lines(file) == lines(foreign.expected(organization, options))
        files.append(file)
    assert files[0] != files[1]


def lines(file: bytes) -> list[bytes]:
    """Rows, more or less, so that a failure shows the first that differs."""
    return file.split(b"\r\n")


@over(*[(name,) for name in DATASETS], names="name")
def test_an_organisation_without_rows_has_nothing_to_export(
    foreign: Foreign, name: str
) -> None:
    run = foreign.start(foreign.empty, {"dataset": name})
    with pytest.raises(EmptyResultSetError):
        foreign.world.plan(run.ref)


@over(*[(name,) for name in DATASETS], names="name")
def test_pages_that_end_among_ties_lose_and_repeat_no_row(
    foreign: Foreign, name: str
) -> None:
    organization = foreign.organizations[1]
    options = {"dataset": name}
    # A prime number: pages end nearly everywhere among rows with equal first keys.
    foreign.world.pages = PagePolicy(13, 13, database_vcpus=1)
    file = foreign.exported(organization, options)
    assert lines(file) == lines(foreign.expected(organization, options))


BILL = """
INSERT INTO billing.bills (id, organization_id, number, total_cents)
VALUES (900000, %s, 'B-late', 100)
"""
PAYMENT = """
INSERT INTO billing.payments (id, organization_id, amount_cents, method, received_at)
SELECT {} + 1, organization_id, 100, 'card', '2024-01-01' FROM billing.payments
WHERE organization_id = %s GROUP BY organization_id
"""
ORDER = """
INSERT INTO shop.orders (id, account_id, placed_on, state)
SELECT 'ord_late', account_id, {}(placed_on), 'new' FROM shop.orders
WHERE account_id = %s GROUP BY account_id
"""
REFUND = """
INSERT INTO shop.refunds (refund, account_id, amount, asked)
SELECT gen_random_uuid(), account_id, 1, {} FROM shop.refunds
WHERE account_id = %s GROUP BY account_id
"""


@over(
    ("bills", BILL, False),
    # The last key at planning is the bound where nothing tells when a row came to be.
    ("payments", PAYMENT.format("max(id)"), False),
    ("payments", PAYMENT.format("min(id)"), True),
    ("orders", ORDER.format("max"), False),
    ("orders", ORDER.format("min"), True),
    ("refunds", REFUND.format("now()"), False),
    # A cut-off also keeps out a row that goes in among the others.
    ("refunds", REFUND.format("min(asked) + interval '1 minute'"), False),
    names="name insert inside",
)
def test_rows_inserted_after_the_plan(
    foreign: Foreign, name: str, insert: str, inside: bool
) -> None:
    organization = foreign.organizations[0]
    options = {"dataset": name}
    before = foreign.expected(organization, options)
    run = foreign.start(organization, options)
    pages = foreign.world.plan(run.ref)
    foreign.change(insert, organization)
    after = foreign.expected(organization, options)
    assert after != before
    for page in pages:
        foreign.world.write(run.ref, page)
    foreign.world.compose(run.ref)
    assert lines(foreign.file(run, organization)) == lines(after if inside else before)


@over(
    ("bills", "UPDATE billing.bills SET discarded_at = now() WHERE {}", "id"),
    ("payments", "DELETE FROM billing.payments WHERE {}", "id"),
    ("journal-entries", "DELETE FROM billing.journal_entries WHERE {}", "id"),
    ("customers", "DELETE FROM shop.customers WHERE {}", "id"),
    ("orders", "DELETE FROM shop.orders WHERE {}", "id"),
    ("refunds", "DELETE FROM shop.refunds WHERE {}", "refund"),
    names="name delete column",
)
def test_deleted_rows_stay_in_pages_that_are_written_and_leave_the_others(
    foreign: Foreign, name: str, delete: str, column: str
) -> None:
    organization = foreign.organizations[0]
    options = {"dataset": name, "columns": [_header_of_id(foreign, name, column)]}
    before = lines(foreign.expected(organization, options))[:-1]
    run = foreign.start(organization, options)
    first, *others = foreign.world.plan(run.ref)
    written = foreign.world.write(run.ref, first).rows
    header, *ids = [line.decode() for line in before]
    # In the first page, where the second begins, and the plan's last row.
    gone = [ids[1], ids[written], ids[-1]]
    foreign.change(delete.format(f"{column}::text = ANY(%s)"), gone)
    for page in others:
        foreign.world.write(run.ref, page)
    foreign.world.compose(run.ref)
    kept = [each for n, each in enumerate(ids) if n < written or each not in gone]
    file = foreign.file(run, organization).decode()
    assert file.split("\r\n")[:-1] == [header, *kept]
    row = foreign.world.run(run.id, organization)
    assert row["row_count"] == len(kept)


def _header_of_id(foreign: Foreign, name: str, column: str) -> str:
    dataset = foreign.application.datasets.by_name[name]
    return next(each.header for each in dataset.columns if each.name == column)


@over(
    ("bills", {"status": {"in": ["paid"]}}),
    ("bills", {"status": {"in": ["void", "draft"]}, "total": {"min": "0.05"}}),
    ("bills", {"statusCode": {"min": 1, "max": 2}}),
    ("bills", {"statusCode": {"min": "0.5", "max": "1.5"}}),
    ("bills", {"statusCode": {"min": "1e-30"}}),
    ("bills", {"statusCode": {"max": "1.99"}}),
    ("bills", {"statusCode": {"min": "-1e29", "max": 1}}),
    ("bills", {"total": {"min": "-0.05", "max": "0.05"}}),
    ("bills", {"createdAt": {"from": "2024-01-05", "to": "2024-01-09"}}),
    ("bills", {"createdAt": {"to": "2024-01-03T07:00:00.000001Z"}}),
    ("bills", {"paidAt": {"from": "2024-01-20T00:00:00+05:30"}}),
    ("bills", {"customerName": {"startsWith": "="}}),
    ("bills", {"customerName": {"equals": "Ärzte AG"}}),
    ("bills", {"number": {"startsWith": "B-00"}}),
    ("payments", {"method": {"in": ["cash", "card"]}, "refunded": {"is": False}}),
    ("payments", {"receivedAt": {"to": "2024-10-27T01:30:00Z"}}),
    ("payments", {"receivedAt": {"from": "2024-10-27", "to": "2024-10-28"}}),
    ("payments", {"reference": {"startsWith": "50 %_\\"}}),
    ("payments", {"amount": {"max": "123456789.01"}}),
    ("journal-entries", {"fiscalYear": {"min": 2021, "max": 2021}}),
    ("journal-entries", {"bookedOn": {"from": "2021-12-31", "to": "2022-02-01"}}),
    ("journal-entries", {"account": {"equals": "e\u0301 and é"}}),
    ("orders", {"state": {"in": ["returned"]}, "lines": {"min": 1}}),
    ("orders", {"placedOn": {"from": "2024-02-29", "to": "2024-03-01"}}),
    ("orders", {"archived": {"is": True}}),
    ("orders", {"archived": {"is": False}, "total": {"max": "-0.001"}}),
    ("orders", {"customer": {"startsWith": "\nline"}}),
    ("customers", {"name": {"startsWith": "'"}, "archived": {"is": True}}),
    ("refunds", {"amount, decimal": {"min": "-1.25", "max": "1e1"}}),
    ("refunds", {"order": {"startsWith": "ord_01HQ000"}}),
    ("refunds", {"askedAt": {"from": "2024-02-28T23:00:00.000007Z"}}),
    ("refunds", {"approvedAt": {"from": "2024-03-01", "to": "2024-03-02"}}),
    names="name filters",
)
def test_filters_keep_the_rows_that_match(
    foreign: Foreign, name: str, filters: dict[str, Any]
) -> None:
    options = {"dataset": name, "filters": filters, "timeZone": "Europe/Berlin"}
    everything = expected_rows(
        foreign.application, foreign.admin, foreign.organizations[0], {"dataset": name}
    )
    some = expected_rows(
        foreign.application, foreign.admin, foreign.organizations[0], options
    )
    assert 0 < len(some) < len(everything)
    file = foreign.exported(foreign.organizations[0], options)
    assert lines(file) == lines(foreign.expected(foreign.organizations[0], options))


@over(
    ("bills", {"min": "9223372036854775808"}, 0),
    ("bills", {"min": "9223372036854775807.5"}, 0),
    ("bills", {"max": "-9223372036854775809"}, 0),
    ("bills", {"min": "1.2", "max": "1.8"}, 0),
    ("bills", {"min": "1e29", "max": "2e29"}, 0),
    ("bills", {"max": "9223372036854775808"}, None),
    ("bills", {"min": "-9223372036854775808.5", "max": "1e29"}, None),
    ("bills", {"min": "-9223372036854775808"}, None),
    names="name bounds rows",
)
def test_bounds_outside_of_an_integer_column_match_nothing_or_everything(
    foreign: Foreign, name: str, bounds: dict[str, str], rows: int | None
) -> None:
    organization = foreign.organizations[0]
    plain = expected_rows(
        foreign.application, foreign.admin, organization, {"dataset": name}
    )
    request = parse(
        foreign.application.datasets,
        {"dataset": name, "filters": {"statusCode": bounds}},
    )
    with foreign.world.db.tenant(organization) as tx:
        counted = exported_rows.count(tx, request, AT_MOST)
    assert counted == (len(plain) if rows is None else rows)


@over(
    ("bills", {"min": 2, "max": 2}, "(status = '2'::bigint)"),
    ("bills", {"min": "1.5", "max": "2.5"}, "(status = '2'::bigint)"),
    ("bills", {"min": 1, "max": 2}, "(status >= '1'::bigint)"),
    ("bills", {"min": 3}, "(status >= '3'::bigint)"),
    ("bills", {"max": 0}, "(status <= '0'::bigint)"),
    names="name bounds compared",
)
def test_a_filter_on_an_integer_column_finds_the_index(
    foreign: Foreign, name: str, bounds: dict[str, Any], compared: str
) -> None:
    # It has the order of the file, which is as good for so few rows.
    foreign.admin.execute("DROP INDEX billing.index_bills_on_created")
    request = parse(
        foreign.application.datasets,
        {"dataset": name, "filters": {"statusCode": bounds}},
    )
    with foreign.world.db.tenant(foreign.organizations[0]) as tx:
        parts = Parts(request)
        explained = tx.value("exported_rows.estimate", parts, **parts.values)
    found = dict(_index_conditions(explained[0]["Plan"]))
    assert compared in found["index_bills_on_status"]


def _index_conditions(plan: dict[str, Any]) -> Iterator[tuple[str, str]]:
    if "Index Name" in plan:
        yield plan["Index Name"], plan.get("Index Cond", "")
    for inner in plan.get("Plans", ()):
        yield from _index_conditions(inner)


@over(
    ("refunds", ["askedAt", "reason"]),
    ("refunds", ["reason", "askedAt"]),
    ("refunds", ["reason", 'settled "at"', "askedAt"]),
    ("refunds", ["approvedAt", 'settled "at"', "askedAt", "order"]),
    ("refunds", ['settled "at"']),
    ("refunds", ['settled "at"', "approvedAt"]),
    ("refunds", ["amount, decimal", "refundId"]),
    ("payments", ["reference", "receivedAt"]),
    ("payments", ["receivedAt", "reference", "refunded"]),
    ("bills", ["paidAt", "createdAt", "memo"]),
    ("bills", ["memo"]),
    ("orders", ["total"]),
    ("orders", ["note", "attributes", "placedOn"]),
    ("customers", ["id", "name"]),
    names="name columns",
)
def test_columns_come_in_the_order_that_is_asked_for(
    foreign: Foreign, name: str, columns: list[str]
) -> None:
    options = {"dataset": name, "columns": columns}
    file = foreign.exported(foreign.organizations[1], options)
    assert lines(file) == lines(foreign.expected(foreign.organizations[1], options))


@over(
    ("refunds", "infinity", "infinity"),
    ("refunds", "9999-12-31 23:59:59.999999+00", "9999-12-31T23:59:59.999999Z"),
    ("refunds", "10000-01-01 00:00:00.5+00", "10000-01-01 00:00:00.5"),
    ("refunds", "0044-03-15 10:00:00+00 BC", "0044-03-15 10:00:00 BC"),
    ("refunds", "0001-01-01 00:00:00+00", "0001-01-01T00:00:00.000000Z"),
    names="name at cell",
)
def test_odd_times_are_the_same_in_the_middle_and_at_the_end(
    foreign: Foreign, name: str, at: str, cell: str
) -> None:
    foreign.change("UPDATE shop.refunds SET approved = %s, settled = %s", at, at)
    organization = foreign.organizations[1]
    run = foreign.start(organization, {"dataset": name})
    foreign.world.run_to_end(run.ref)
    for row in foreign.world.records(run.id, organization):
        assert (row["approvedAt"], row['settled "at"']) == (cell, cell)


def _bounds(kind: Kind | None, value: Any) -> st.SearchStrategy[Any]:
    """Filter values of a kind, around a value that some row has."""
    if kind is Kind.TEXT:
        # A request's text has a letter, and PostgreSQL's has no NUL.
        begins = value[:1].replace("\0", "") or "x"
        return st.sampled_from([{"equals": value[:200] or "x"}, {"startsWith": begins}])
    if kind is Kind.BOOLEAN:
        return st.booleans().map(lambda yes: {"is": yes})
    low, high = ("min", "max") if kind is Kind.NUMBER else ("from", "to")
    text = str(value) if kind in (Kind.NUMBER, Kind.DATE) else value.isoformat()
    return st.sampled_from([{low: text}, {high: text}])


@st.composite
def bodies(draw: st.DrawFn, foreign: Foreign, dataset: Dataset) -> dict[str, Any]:
    """A request for any columns, with filters that some row of anybody's meets."""
    headers = [column.header for column in dataset.columns]
    options: dict[str, Any] = {"dataset": dataset.name}
    columns = draw(st.lists(st.sampled_from(headers), unique=True))
    if columns:
        options["columns"] = columns
    organization = draw(st.sampled_from(foreign.organizations))
    rows = foreign.application.read[dataset.name](foreign.admin, organization)
    row = draw(st.sampled_from(rows))
    filters = {}
    declared = list(dataset.filters_by_header.values())
    for each in draw(st.lists(st.sampled_from(declared), unique=True, max_size=2)):
        filters[each.header] = draw(_values(each, row))
    if filters:
        options["filters"] = filters
    options["timeZone"] = draw(st.sampled_from(["UTC", "Asia/Kolkata"]))
    options["format"] = draw(st.sampled_from(["csv", "csv.gz"]))
    return options


def _values(declared: Filter, row: dict[str, Any]) -> st.SearchStrategy[Any]:
    if declared.kind is Kind.CHOICE:
        words = st.sampled_from(declared.choices)
        return st.lists(words, min_size=1, unique=True).map(lambda some: {"in": some})
    value = row[declared.column]
    if value is not None:
        return _bounds(declared.kind, value)
    empty: dict[Kind, dict[str, Any]] = {
        Kind.TEXT: {"startsWith": "a"},
        Kind.BOOLEAN: {"is": True},
        Kind.NUMBER: {"min": "0"},
    }
    return st.just(empty.get(declared.kind or Kind.TEXT, {"from": "2024-03-01"}))


@over(("orders",), names="name")
@pytest.mark.parametrize("encoded", [True, False])
def test_an_organisation_of_any_id_exports_over_http(
    foreign: Foreign, api: Call, name: str, encoded: bool
) -> None:
    organization = foreign.organizations[0]
    assert set(' "%&Ü') < set(organization)
    user = foreign.application.people[organization]
    segment = quote(organization, safe="") if encoded else organization
    exports = f"/api/organizations/{segment}/exports"
    started = api("POST", exports, as_user=user, body={"dataset": name})
    assert started.status == 202
    run_id = started.body["runId"]
    run = RunRef(organization_id=organization, run_id=run_id, generation=1)
    assert foreign.world.run_to_end(run) == "completed"
    assert api("GET", f"{exports}/{run_id}", as_user=user).status == 200
    link = api("GET", f"{exports}/{run_id}/download", as_user=user).body["url"]
    key = foreign.world.run(run_id, organization)["object_key"]
    assert urlsplit(link).path.endswith(quote(key))
    (mail,) = foreign.world.sent()
    (app_link,) = re.findall(r"https://app\.example/\S+", mail.body)
    assert parse_qs(urlsplit(app_link).query)["organization"] == [organization]
    stranger = foreign.application.people[foreign.organizations[1]]
    assert api("GET", f"{exports}/{run_id}", as_user=stranger).status == 404


@over(("orders",), names="name")
@pytest.mark.parametrize(
    "organization", ["acc/1", "acc\n", "acc\0", "acc\x85", "ü" * 129], ids=ascii
)
def test_an_id_that_cannot_be_used_is_not_found(
    foreign: Foreign, api: Call, name: str, organization: str
) -> None:
    user = foreign.application.people[foreign.organizations[0]]
    if "\0" not in organization:
        account = "INSERT INTO shop.accounts VALUES (%s, 'Odd')"
        foreign.change(account, organization)
        staff = "INSERT INTO shop.staff VALUES (%s, %s, 'founder')"
        foreign.change(staff, organization, user)
    exports = f"/api/organizations/{quote(organization, safe='')}/exports"
    answer = api("POST", exports, as_user=user, body={"dataset": name})
    assert (answer.status, answer.body["code"]) == (404, "NOT_FOUND")
    assert answer.body["detail"] == "There is no such organisation."


@over(*[(name,) for name in DATASETS], names="name")
def test_count_plan_and_file_are_the_same_rows_of_one_organisation(
    foreign: Foreign, name: str
) -> None:
    dataset = foreign.application.datasets.by_name[name]

    @settings(
        max_examples=EXAMPLES,
        deadline=None,
        phases=[Phase.explicit, Phase.generate],
        suppress_health_check=list(HealthCheck),
        derandomize="FUZZ_EXAMPLES" not in os.environ,
    )
    @given(bodies(foreign, dataset), st.sampled_from(foreign.organizations))
    def holds(options: dict[str, Any], organization: str) -> None:
        rows = len(
            expected_rows(foreign.application, foreign.admin, organization, options)
        )
        request = parse(foreign.application.datasets, options)
        with foreign.world.db.tenant(organization) as tx:
            assert exported_rows.count(tx, request, AT_MOST) == rows
        run = foreign.start(organization, options)
        if not rows:
            with pytest.raises(EmptyResultSetError):
                foreign.world.plan(run.ref)
            foreign.world.finish(run.ref, "EmptyResultSetError")
            return
        pages = foreign.world.plan(run.ref)
        written = [foreign.world.write(run.ref, page).rows for page in pages]
        foreign.world.compose(run.ref)
        foreign.world.finish(run.ref)
        assert sum(written) == foreign.world.run(run.id, organization)["row_count"]
        assert sum(written) == rows
        file = foreign.file(run, organization)
        assert lines(file) == lines(foreign.expected(organization, options))

    holds()


@pytest.mark.parametrize("application", APPLICATIONS, indirect=True)
def test_the_functions_role_reads_no_table_of_the_application(
    foreign: Foreign, database: TestDatabase
) -> None:
    with psycopg.connect(database.app_url, autocommit=True) as connection:
        for schema, table in tables_read(foreign.application.datasets):
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                connection.execute(
                    sql.SQL("SELECT FROM {}").format(sql.Identifier(schema, table))
                )
