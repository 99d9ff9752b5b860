"""A file that we exported is loaded to the same values."""

import json
import os
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from local.config import ROOT
from local.loader.load import load
from local.loader.problems import CsvError
from local.loader.rules import Rules
from tests.local.reading import rows

NAUGHTY = (
    Path(os.environ.get("REAL_DATA") or ROOT.parent / "shared" / "data")
    / "strings"
    / "blns.json"
)
FIRST = datetime(2024, 1, 8, 9, 0, 0, 1, tzinfo=UTC)
COLUMNS = "number, customer_name, status, total, currency, created_at, due_at"
TEXTS = [
    *("=1+1", "+1", "-1", "@SUM(A1)", "\tTAB", "\rCR", "\nLF", "=", "-"),
    *("'", "''", "'x", "''=1", " =1", " x ", "", "a\r\nb", 'q"q', "a,b", "a,'=1"),
    *(
        "x;=1+1",
        ";=1",
        "x\t-1",
        "\t=1",
        "\r\n=1",
        "a\n@b;+c",
        'x;""=1',
        "x;'y",
        "x; =1",
    ),
    *("北京贸易有限公司", "\ufeffmark", "\u202eright to left", "NULL", "\\N", "\\."),
]
TOTALS = ["-9.95", "0", "-0.001", "39.940", "1234567890123456789012345.6789", "1000"]


def texts():
    """Ours, and the list of naughty strings where it is there."""
    naughty = json.loads(NAUGHTY.read_text("utf-8")) if NAUGHTY.exists() else []
    return [text for text in dict.fromkeys(TEXTS + naughty) if "\0" not in text]


def insert(world, names):
    with world.owner.transaction(), world.owner.cursor() as cursor:
        cursor.execute("SELECT set_config('app.org_id', 'org_empty', true)")
        cursor.executemany(
            f"INSERT INTO invoices (organization_id, {COLUMNS})"
            " VALUES ('org_empty', %s, %s, %s, %s, %s, %s, %s)",
            [
                (
                    f"{name}#{n}",
                    name,
                    ("draft", "sent", "paid", "overdue")[n % 4],
                    Decimal(TOTALS[n % len(TOTALS)]),
                    "EUR",
                    FIRST + timedelta(microseconds=n // 3 * 7_919_000_001),
                    None if n % 2 else FIRST,
                )
                for n, name in enumerate(names)
            ],
        )


def exported(world, folder):
    run = world.start("org_empty", "user_frank").run
    assert world.run_to_end(run.ref) == "completed"
    path = folder / "export.csv"
    path.write_bytes(world.file(run.id, "org_empty"))
    return path


@pytest.fixture
def export(world, tmp_path):
    insert(world, texts())
    return exported(world, tmp_path)


def test_export_is_loaded_into_another_organisation_as_it_was(export, owner, stored):
    report = load(owner, export, Rules(organization="org_new"))
    assert report.organizations[0].new == len(texts())
    assert stored(COLUMNS) == stored(COLUMNS, "org_empty")
    assert stored("total::text") == stored("total::text", "org_empty")


def test_export_is_no_news_to_its_own_organisation(export, owner):
    (one,) = load(owner, export, Rules(organization="org_empty")).organizations
    assert (one.new, one.changed, one.unchanged) == (0, 0, len(texts()))


def test_deleted_rows_come_back_with_their_ids(world, export, owner, stored):
    before = stored(f"id, {COLUMNS}", "org_empty")
    world.rows("DELETE FROM invoices", org="org_empty")
    load(owner, export, Rules(organization="org_empty", key=("id",)))
    assert stored(f"id, {COLUMNS}", "org_empty") == before


def test_ids_of_another_organisation_are_refused(export, owner):
    with pytest.raises(CsvError, match="Leave out --key id"):
        load(owner, export, Rules(organization="org_new", key=("id",)))


def test_id_that_two_rows_share_is_refused(export, owner):
    with export.open("ab") as file:
        file.write(export.read_bytes().splitlines(keepends=True)[1])
    with pytest.raises(CsvError, match="2 rows share their id with another row"):
        load(owner, export, Rules(organization="org_new", key=("id",)))


def test_apostrophe_that_looks_like_a_guard_is_told_and_can_be_kept(
    world, tmp_path, owner, stored
):
    insert(world, ["'=1", "x;'=1", "plain"])
    path = exported(world, tmp_path)
    report = load(owner, path, Rules(organization="org_new"))
    # The sample's ids are random, and order rows of one moment.
    assert sorted(stored("customer_name")) == [("=1",), ("plain",), ("x;=1",)]
    told = "texts without the guard's apostrophe (--keep-guard): 4, the first in line "
    assert any(fact.startswith(told) for fact in report.facts)
    load(owner, path, Rules(organization="org_kept", keep_guard=True))
    kept = sorted(stored("customer_name", "org_kept"))
    assert kept == [("'=1",), ("plain",), ("x;'=1",)]


def test_times_that_rfc_3339_has_no_form_for_are_loaded_from_an_export(
    world, tmp_path, owner, stored
):
    insert(world, ["a", "b", "c", "d"])
    for name, time in (
        ("a", "infinity"),
        ("b", "0044-03-15 12:00:00.5+00 BC"),
        ("c", "10000-01-01 00:00:00+00"),
    ):
        change = (
            "UPDATE invoices SET created_at = %s::text::timestamptz,"
            " due_at = %s::text::timestamptz WHERE customer_name = %s"
        )
        world.rows(change, time, time, name, org="org_empty")
    load(owner, exported(world, tmp_path), Rules(organization="org_new"))
    times = "customer_name, created_at::text, due_at::text"
    assert stored(times) == stored(times, "org_empty")


@pytest.mark.parametrize(
    ("delimiter", "cell", "text"),
    [
        (",", "x;'=1", "x;=1"),
        (",", "x,'=1", "x,'=1"),
        (";", "x;'=1", "x;'=1"),
        (";", "x,'=1", "x,=1"),
        ("\t", "x;'=1\r\n'+2", "x;=1\r\n+2"),
    ],
)
def test_guard_behind_the_separator_of_another_dialect_is_removed(
    delimiter, cell, text
):
    head = "number,customer,total,date\n".replace(",", delimiter)
    line = delimiter.join(("1", f'"{cell}"', "1", "2024-01-01"))
    assert rows(f"{head}{line}\n", delimiter=delimiter)[0].customer_name == text


@pytest.mark.parametrize(
    ("cell", "meaning"),
    [
        ("infinity", "infinity"),
        ("-infinity", "-infinity"),
        ("10000-01-01 00:00:00", "10000-01-01 00:00:00+00"),
        ("294276-12-31 23:59:59.999999", "294276-12-31 23:59:59.999999+00"),
        ("0044-03-15 12:00:00.5 BC", "0044-03-15 12:00:00.5+00 BC"),
        ("0001-02-29 00:00:00 BC", "0001-02-29 00:00:00+00 BC"),
    ],
)
def test_time_that_rfc_3339_has_no_form_for_is_read(load_text, stored, cell, meaning):
    text = f"number,customer,total,date,due\n1,a,1,{cell},{cell}\n"
    (row,) = rows(text)
    assert (row.created_at, row.due_at) == (meaning, meaning)
    load_text(text)
    assert stored("(created_at AT TIME ZONE 'UTC')::text") == [(cell,)]
    assert load_text(text).organizations[0].unchanged == 1
