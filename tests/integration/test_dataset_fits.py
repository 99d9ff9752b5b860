"""Each dataset's definition fits its table: invoices and a second dataset."""

from collections.abc import Callable
from dataclasses import replace
from typing import Any
from uuid import UUID

import psycopg
import pytest
from invoice_export.exported import EXPORTED
from psycopg import ClientCursor
from psycopg.rows import dict_row

from invoice_export.domain.dataset import Column, Dataset, Kind
from invoice_export.store.statements import compose, raw
from tests.fix_postgres import TestDatabase
from tests.fix_time_entries import TIME_ENTRIES


@pytest.fixture(params=[EXPORTED, TIME_ENTRIES], ids=lambda dataset: dataset.name)
def dataset(request: pytest.FixtureRequest, tracking: None) -> Dataset:
    defined: Dataset = request.param
    return defined


Look = Callable[..., list[dict[str, Any]]]


@pytest.fixture
def look(database: TestDatabase, dataset: Dataset) -> Look:
    """Query the catalogue about the exported table, as the application's role."""

    def ask(question: str, *params: object) -> list[dict[str, Any]]:
        with psycopg.connect(database.app_url, row_factory=dict_row) as connection:
            return connection.execute(question, [dataset.table, *params]).fetchall()  # type: ignore[arg-type]

    return ask


TYPES = """
SELECT attname AS name, format_type(atttypid, NULL) AS type, attnotnull AS required,
  typcategory = 'S' AS is_text,
  EXISTS (
    SELECT FROM pg_constraint
    WHERE conrelid = attrelid AND contype = 'c' AND conkey = ARRAY[attnum]
  ) AS checked,
  pg_get_expr(adbin, adrelid) AS default
FROM pg_attribute
JOIN pg_type ON pg_type.oid = atttypid
LEFT JOIN pg_attrdef ON adrelid = attrelid AND adnum = attnum
WHERE attrelid = %s::regclass AND attnum > 0
"""


def test_every_column_is_there_and_of_its_kind(dataset: Dataset, look: Look) -> None:
    types = {row["name"]: row for row in look(TYPES)}
    for column in dataset.columns:
        found = types[column.name]
        is_time = found["type"] == "timestamp with time zone"
        assert (column.kind is Kind.TIME) == is_time, column
        if found["is_text"] and column.kind is not Kind.TEXT:
            assert found["checked"], f"{column} needs the formula guard or a CHECK"


def test_rows_have_an_order_that_never_changes(dataset: Dataset, look: Look) -> None:
    types = {row["name"]: row for row in look(TYPES)}
    time_column, id_column = types[dataset.time_column], types[dataset.id_column]
    assert time_column["type"] == "timestamp with time zone"
    assert id_column["type"] == "uuid"
    assert time_column["required"]
    assert id_column["required"]
    unique = look(
        "SELECT FROM pg_index JOIN pg_attribute ON attrelid = indrelid"
        " WHERE indrelid = %s::regclass AND indisunique AND indkey::text = attnum::text"
        " AND attname = %s",
        dataset.id_column,
    )
    assert unique


def test_rows_carry_the_time_of_their_insertion(dataset: Dataset, look: Look) -> None:
    types = {row["name"]: row for row in look(TYPES)}
    inserted = types[dataset.inserted_column]
    assert inserted["type"] == "timestamp with time zone"
    assert inserted["required"]
    assert inserted["default"] == "clock_timestamp()"


def test_the_table_is_bound_to_the_organisation(dataset: Dataset, look: Look) -> None:
    (table,) = look(
        "SELECT relrowsecurity AND relforcerowsecurity AS bound,"
        " has_table_privilege(oid, 'SELECT') AS readable,"
        " pg_get_userbyid(relowner) = current_user AS owned"
        " FROM pg_class WHERE oid = %s::regclass"
    )
    assert table == {"bound": True, "readable": True, "owned": False}
    policies = look(
        "SELECT pg_get_expr(polqual, polrelid) AS rule FROM pg_policy"
        " WHERE polrelid = %s::regclass AND polpermissive"
    )
    rule = f"({dataset.organization_column} = NULLIF(current_setting('app.org_id'"
    assert policies
    assert all(policy["rule"].startswith(rule) for policy in policies)


def page_plan(database: TestDatabase, dataset: Dataset) -> list[str]:
    """Return the plan of a page's query, run as the application's role."""
    bounds = {
        "organization_id": "org_acme",
        "start_created_at": "2020-01-01",
        "start_id": UUID(int=0),
        "next_created_at": "2024-03-01",
        "next_id": UUID(int=1),
        "last_created_at": "2030-01-01",
        "last_id": UUID(int=2),
        "planned_at": "2030-01-01",
    }
    with psycopg.connect(database.app_url) as connection:
        connection.execute(raw("session.act_for_organization"), {"org_id": "org_acme"})
        connection.execute(raw("session.read_in_order"))
        statement = compose(raw("exported_rows.copy_page"), dataset)
        copy = ClientCursor(connection).mogrify(statement, bounds)
        query = copy[copy.index("(") + 1 : copy.rindex(") TO STDOUT")]
        rows = connection.execute("EXPLAIN VERBOSE " + query).fetchall()  # type: ignore[arg-type]
    return [row[0] for row in rows]


def test_a_page_is_one_walk_over_the_index(
    database: TestDatabase, dataset: Dataset
) -> None:
    plan = page_plan(database, dataset)
    assert [line for line in plan if "Index Scan using" in line]
    assert not [line for line in plan if "Sort" in line]
    (condition,) = [line for line in plan if "Index Cond" in line]
    assert condition.count("ROW(") == 4


def test_the_cell_functions_are_inlined(
    database: TestDatabase, dataset: Dataset
) -> None:
    assert not [line for line in page_plan(database, dataset) if "csv_t" in line]


def test_names_are_quoted_whatever_they_are() -> None:
    awkward = replace(
        EXPORTED,
        table='my schema.the "table"',
        columns=(Column("select", "a", Kind.PLAIN), Column('b";--', "b", Kind.TEXT)),
    )
    text = compose("SELECT {cells} FROM {table}", awkward)
    assert text == (
        'SELECT "select", csv_text("b"";--"::text) FROM "my schema"."the ""table"""'
    )
